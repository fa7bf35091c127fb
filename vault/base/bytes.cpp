#include "vault/base/bytes.hpp"

namespace muniment {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<unsigned> hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10U;
  return std::nullopt;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text += hex_digits[value >> 4U];
    text += hex_digits[value & 0xfU];
  }
  return text;
}

bool from_hex(std::string_view text, MutableByteView out) noexcept {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = hex_value(text[2 * i]);
    const auto low = hex_value(text[2 * i + 1]);
    if (!high || !low) return false;
    out[i] = static_cast<std::byte>(*high << 4U | *low);
  }
  return true;
}

}  // namespace muniment
