#include "vault/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace muniment {

namespace {

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 0;  // 0: no well-formed sequence starts here
};

// The first code point of `text`, which is not empty (Unicode 15 §3.9, table 3-7).
Decoded decode_first(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return {};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return {};
  char32_t code_point = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80U) return {};
    code_point = code_point << 6U | (at(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < smallest[length] || surrogate || code_point > 0x10ffff) return {};
  return {code_point, length};
}

// What moves a terminal's cursor, or makes what is shown differ from what is there.
bool deceives(char32_t c) noexcept {
  const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool bidirectional = c == 0x061c || c == 0x200e || c == 0x200f ||
                             (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || separator || bidirectional;
}

std::string escape_code_point(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (c < 0x80) return fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  return fmt::format("\\u{{{:04x}}}", static_cast<unsigned>(c));
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = decode_first(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string escape(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded first = decode_first(bytes);
    if (first.length == 0) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
      bytes.remove_prefix(1);
      continue;
    }
    if (first.code_point == '\\') {
      result += "\\\\";
    } else if (deceives(first.code_point)) {
      result += escape_code_point(first.code_point);
    } else {
      result += bytes.substr(0, first.length);
    }
    bytes.remove_prefix(first.length);
  }
  return result;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  std::uint64_t hundredth = 10;
  for (const char* unit : {"kB", "MB", "GB", "TB", "PB"}) {
    const std::uint64_t rounded = bytes / hundredth + (bytes % hundredth >= hundredth / 2 ? 1 : 0);
    if (rounded < 100'000) return fmt::format("{}.{:02} {}", rounded / 100, rounded % 100, unit);
    hundredth *= 1000;
  }
  const std::uint64_t rounded = bytes / hundredth + (bytes % hundredth >= hundredth / 2 ? 1 : 0);
  return fmt::format("{}.{:02} EB", rounded / 100, rounded % 100);
}

}  // namespace muniment
