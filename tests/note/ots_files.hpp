// OpenTimestamps files, put together step by step as python-opentimestamps lays them out.
#pragma once

#include <string>

#include "vault/note/opentimestamps.hpp"

namespace muniment::test {

class OtsBuilder {
 public:
  explicit OtsBuilder(const Sha256Digest& digest) : x_bytes(ots_head(digest)) {}

  OtsBuilder& append(std::string_view operand) { return with_operand(0xf0, operand); }
  OtsBuilder& prepend(std::string_view operand) { return with_operand(0xf1, operand); }
  OtsBuilder& sha256() { return byte(0x08); }
  OtsBuilder& fork() { return byte(0xff); }
  OtsBuilder& pending(std::string_view calendar) {
    return attestation("\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e", varbytes(calendar));
  }
  OtsBuilder& bitcoin(std::uint64_t block) {
    return attestation("\x05\x88\x96\x0d\x73\xd7\x19\x01", varint(block));
  }
  OtsBuilder& attestation(std::string_view kind, std::string_view payload) {
    byte(0x00);
    return raw(std::string(kind) + varbytes(payload));
  }
  OtsBuilder& byte(unsigned value) {
    x_bytes.push_back(static_cast<std::byte>(value));
    return *this;
  }
  OtsBuilder& raw(std::string_view bytes) {
    muniment::append(x_bytes, as_bytes(bytes));
    return *this;
  }

  [[nodiscard]] const Bytes& bytes() const noexcept { return x_bytes; }

  static std::string varint(std::uint64_t value) {
    std::string text;
    for (; value > 0x7f; value >>= 7U) text += static_cast<char>(value % 0x80 + 0x80);
    return text + static_cast<char>(value);
  }
  static std::string varbytes(std::string_view bytes) {
    return varint(bytes.size()) + std::string(bytes);
  }

 private:
  OtsBuilder& with_operand(unsigned tag, std::string_view operand) {
    return byte(tag).raw(varbytes(operand));
  }

  Bytes x_bytes;
};

}  // namespace muniment::test
