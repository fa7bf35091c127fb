#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/base/text.hpp"

namespace muniment {

namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr int bar_columns = 20;
// Before that, a rate says nothing.
constexpr double rate_known_after_seconds = 2;

std::string part_of(std::uint64_t done, std::uint64_t total, const std::string& done_text,
                    const std::string& total_text) {
  return total == 0 ? done_text
                    : fmt::format("{} of {}", done_text,
                                  std::max(done, total) == total ? total_text : done_text);
}

}  // namespace

std::string human_duration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

ProgressBar::ProgressBar(Terminal& terminal, Activity& activity, std::string label)
    : x_terminal(terminal),
      x_activity(activity),
      x_label(std::move(label)),
      x_start(std::chrono::steady_clock::now()) {
  activity.items_done = 0;
  activity.items_total = 0;
  activity.bytes_done = 0;
  activity.bytes_total = 0;
  if (terminal.can_draw()) x_thread = std::thread([this] { run(); });
}

ProgressBar::~ProgressBar() {
  if (!x_thread.joinable()) return;
  {
    const std::lock_guard lock(x_mutex);
    x_end = true;
  }
  x_ended.notify_one();
  x_thread.join();
  x_terminal.draw("");
}

void ProgressBar::run() {
  std::unique_lock lock(x_mutex);
  while (!x_ended.wait_for(lock, redraw_interval, [this] { return x_end; })) {
    x_terminal.draw(line());
  }
}

std::string ProgressBar::line() const {
  const std::uint64_t items = x_activity.items_done;
  const std::uint64_t items_total = x_activity.items_total;
  const std::uint64_t bytes = x_activity.bytes_done;
  const std::uint64_t bytes_total = x_activity.bytes_total;
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - x_start).count();

  std::string text = x_label;
  const bool by_bytes = bytes_total > 0;
  const std::uint64_t total = by_bytes ? bytes_total : items_total;
  const double share = total == 0 ? 0
                                  : std::min(1.0, static_cast<double>(by_bytes ? bytes : items) /
                                                      static_cast<double>(total));
  if (total > 0) {
    const int filled = static_cast<int>(share * bar_columns);
    text += fmt::format(" [{:#<{}}{:.<{}}] {:3.0f}%", "", filled, "", bar_columns - filled,
                        share * 100);
  }
  text += fmt::format(
      "  {}", part_of(items, items_total, std::to_string(items), std::to_string(items_total)));
  if (bytes > 0) {
    text += fmt::format("  {}",
                        part_of(bytes, bytes_total, human_bytes(bytes), human_bytes(bytes_total)));
  }
  if (elapsed >= rate_known_after_seconds) {
    if (bytes > 0) {
      const double rate = static_cast<double>(bytes) / elapsed;
      text += fmt::format("  {}/s", human_bytes(static_cast<std::uint64_t>(rate)));
    } else if (items > 0) {
      text += fmt::format("  {:.0f}/s", static_cast<double>(items) / elapsed);
    }
    if (share > 0) {
      const auto left = static_cast<std::int64_t>(elapsed * (1 - share) / share);
      text += "  " + human_duration(std::chrono::seconds(left)) + " left";
    }
  }
  return text;
}

}  // namespace muniment
