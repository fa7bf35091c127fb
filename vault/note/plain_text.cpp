#include "vault/note/plain_text.hpp"

#include <algorithm>

#include "vault/base/text.hpp"

namespace muniment {

bool is_plain_text(std::string_view text) noexcept {
  const auto is_allowed = [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; };
  return std::ranges::all_of(text, is_allowed) && is_utf8(text);
}

bool is_plain_line(std::string_view line) noexcept {
  return !line.empty() && line.find('\n') == std::string_view::npos && is_plain_text(line);
}

std::string_view take_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace muniment
