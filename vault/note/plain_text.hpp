// What signed notes and records have in common: text that shows what it is.
#pragma once

#include <string_view>

namespace muniment {

// True if `text` is UTF-8 and has no control character below 0x20 but LF.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

// The same, and not empty, and no LF either.
[[nodiscard]] bool is_plain_line(std::string_view line) noexcept;

// Takes the first line off `text`, without its LF. Empty, and nothing is taken, if there is no LF.
[[nodiscard]] std::string_view take_line(std::string_view& text) noexcept;

}  // namespace muniment
