// Bounded little-endian encoding and strict decoding of binary formats. A decoder never trusts a
// length: what is not there makes the reader fail, and a failed reader stays failed, so that a
// caller checks once at the end.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

class ByteWriter {
 public:
  explicit ByteWriter(Bytes& target) : x_target(target) {}

  void u8(std::uint8_t value) { integer(value, 1); }
  void u16(std::uint16_t value) { integer(value, 2); }
  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  void i64(std::int64_t value) { integer(static_cast<std::uint64_t>(value), 8); }
  void raw(ByteView bytes) { append(x_target, bytes); }
  void zeros(std::size_t count) { x_target.resize(x_target.size() + count); }

 private:
  void integer(std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      x_target.push_back(static_cast<std::byte>(value >> (8U * i) & 0xffU));
    }
  }

  Bytes& x_target;
};

class ByteReader {
 public:
  explicit ByteReader(ByteView source) noexcept : x_rest(source) {}

  // After a failure every read gives zero or nothing.
  [[nodiscard]] bool ok() const noexcept { return x_ok; }
  // True if nothing failed and nothing is left: what every strict decoder asks last.
  [[nodiscard]] bool done() const noexcept { return x_ok && x_rest.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return x_rest.size(); }
  void fail() noexcept {
    x_ok = false;
    x_rest = {};
  }

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(integer(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() noexcept { return integer(8); }
  std::int64_t i64() noexcept { return static_cast<std::int64_t>(integer(8)); }

  // A view into the source; empty, and the reader failed, if fewer bytes are left.
  ByteView raw(std::size_t count) noexcept {
    if (x_rest.size() < count) {
      fail();
      return {};
    }
    const ByteView taken = x_rest.first(count);
    x_rest = x_rest.subspan(count);
    return taken;
  }

  template <class Fixed>
  Fixed fixed() noexcept {
    return Fixed::from_bytes(raw(Fixed::size)).value_or(Fixed{});
  }

  // Consumes `count` bytes and fails unless all are zero.
  void expect_zeros(std::size_t count) noexcept {
    for (const std::byte byte : raw(count)) {
      if (byte != std::byte{0}) fail();
    }
  }

 private:
  std::uint64_t integer(unsigned count) noexcept {
    std::uint64_t value = 0;
    const ByteView bytes = raw(count);
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = value << 8U | std::to_integer<std::uint64_t>(bytes[i]);
    }
    return value;
  }

  ByteView x_rest;
  bool x_ok = true;
};

}  // namespace muniment
