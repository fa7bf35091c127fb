// DER (X.690), as far as it takes to read a time stamp: elements of a definite length, one inside
// the other, never deeper than the caller goes.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment::der {

inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t object_id = 0x06;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
inline constexpr std::uint8_t context_0 = 0xa0;  // [0], constructed

// Reads elements one after the other. A reader that failed stays failed and gives nothing, so that
// a caller checks once, with done() or ok(). Views point into the source.
class Reader {
 public:
  explicit Reader(ByteView source) noexcept : x_rest(source) {}

  // The content of the next element; fails unless it has this tag.
  ByteView take(std::uint8_t tag) noexcept;
  // The next element with its tag and length; fails unless it has this tag.
  ByteView take_whole(std::uint8_t tag) noexcept;
  // True if the next element has this tag.
  [[nodiscard]] bool next_is(std::uint8_t tag) const noexcept;
  // Whatever the next element is.
  void skip() noexcept;

  void fail() noexcept {
    x_ok = false;
    x_rest = {};
  }
  [[nodiscard]] bool ok() const noexcept { return x_ok; }
  [[nodiscard]] bool empty() const noexcept { return x_rest.empty(); }
  // True if nothing failed and nothing is left.
  [[nodiscard]] bool done() const noexcept { return x_ok && x_rest.empty(); }

 private:
  // How many bytes tag and length take; zero, and the reader failed, if that is no element.
  std::size_t take_head(std::size_t& length) noexcept;

  ByteView x_rest;
  bool x_ok = true;
};

}  // namespace muniment::der
