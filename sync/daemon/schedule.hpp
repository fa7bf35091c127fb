// When packs travel: windows of the week, in the machine's own time.
#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string_view>

#include "vault/base/clock.hpp"

namespace muniment::sync {

struct Window {
  // Minutes after midnight. The end is not in it; one that is not after the beginning is the next
  // day's.
  int begin = 0;
  int end = 0;
  std::bitset<7> days;  // on which it begins; Sunday is 0

  friend bool operator==(const Window&, const Window&) = default;
};

// `22:00-06:00`, every day, or `22:00-06:00 fri sat` or `08:30-24:00 mon-fri`; empty if it is
// neither, or the two times are the same.
[[nodiscard]] std::optional<Window> parse_window(std::string_view text);

[[nodiscard]] bool is_within(const Window& window, int week_day, int minute) noexcept;

// Whether it is within one of them, or there is none. What the machine calls the time is asked
// anew, so that summer comes as it does elsewhere.
[[nodiscard]] bool is_open(std::span<const Window> windows, UnixSeconds now);

}  // namespace muniment::sync
