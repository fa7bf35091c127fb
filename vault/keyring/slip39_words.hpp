// The 1,024 words of SLIP-39, ten bits each: sorted, of 4 to 8 letters, told apart by the first
// four.
#pragma once

#include <optional>
#include <string_view>

namespace muniment {

inline constexpr unsigned slip39_word_count = 1024;

// `index` is below slip39_word_count.
[[nodiscard]] std::string_view slip39_word(unsigned index) noexcept;

// Its place in the list, in whatever case it is written; empty if it is not there.
[[nodiscard]] std::optional<unsigned> find_slip39_word(std::string_view word) noexcept;

}  // namespace muniment
