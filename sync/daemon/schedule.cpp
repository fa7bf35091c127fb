#include "sync/daemon/schedule.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace muniment::sync {

namespace {

constexpr int hour = 60;
constexpr int day = 24 * hour;
constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

// HH:MM; 24:00 is the end of a day.
std::optional<int> parse_time(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] - '0'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int minutes = digit(3) * 10 + digit(4);
  const int time = (digit(0) * 10 + digit(1)) * hour + minutes;
  if (minutes >= hour || time > day) return std::nullopt;
  return time;
}

std::optional<std::size_t> parse_day(std::string_view text) {
  const auto found = std::ranges::find(day_names, text);
  if (found == day_names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - day_names.begin());
}

// `fri` or `fri-mon`.
bool add_days(std::string_view text, std::bitset<7>& days) {
  const std::size_t dash = text.find('-');
  const auto first = parse_day(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_day(text.substr(dash + 1));
  if (!first || !last) return false;
  for (std::size_t i = *first; i != *last; i = (i + 1) % days.size()) days.set(i);
  days.set(*last);
  return true;
}

}  // namespace

std::optional<Window> parse_window(std::string_view text) {
  constexpr std::size_t times_size = 11;
  if (text.size() < times_size || text[5] != '-') return std::nullopt;
  const auto begin = parse_time(text.substr(0, 5));
  const auto end = parse_time(text.substr(6, 5));
  if (!begin || !end || *begin == *end || *begin == day) return std::nullopt;
  Window window{*begin, *end, {}};
  text.remove_prefix(times_size);
  if (text.empty()) window.days.set();
  while (!text.empty()) {
    if (text.front() != ' ') return std::nullopt;
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    if (!add_days(word, window.days)) return std::nullopt;
    text.remove_prefix(word.size());
  }
  return window;
}

bool is_within(const Window& window, int week_day, int minute) noexcept {
  const auto today = static_cast<std::size_t>(week_day);
  const bool begins_today = window.days[today];
  if (window.end > window.begin) {
    return begins_today && minute >= window.begin && minute < window.end;
  }
  const bool began_yesterday = window.days[(today + 6) % 7];
  return (begins_today && minute >= window.begin) || (began_yesterday && minute < window.end);
}

bool is_open(std::span<const Window> windows, UnixSeconds now) {
  if (windows.empty()) return true;
  const std::time_t time = now;
  std::tm local{};
  ::tzset();
  if (::localtime_r(&time, &local) == nullptr) return false;
  const int minute = local.tm_hour * hour + local.tm_min;
  return std::ranges::any_of(
      windows, [&](const Window& window) { return is_within(window, local.tm_wday, minute); });
}

}  // namespace muniment::sync
