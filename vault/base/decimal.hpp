// Decimal numbers as texts and paths carry them: one text for one value.
#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace muniment {

// Empty unless `text` is exactly what std::to_string gives for some value: no sign, no leading
// zero.
[[nodiscard]] inline std::optional<std::uint64_t> from_decimal(std::string_view text) noexcept {
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = std::to_address(text.end());
  const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace muniment
