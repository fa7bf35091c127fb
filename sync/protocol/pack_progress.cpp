#include "sync/protocol/pack_progress.hpp"

#include <algorithm>
#include <iterator>

namespace muniment::sync {

template <class Over>
void PackProgress::end_runs_if(Over is_over) {
  std::erase_if(x_runs, [&](const Run& run) {
    if (!is_over(run)) return false;
    for (std::size_t i = 0; i < run.count; ++i) x_asked.reset(run.first + i);
    return true;
  });
}

std::optional<PackProgress::Run> PackProgress::next_run(const DeviceId& peer, Instant now) {
  const ShardSet open = ~(x_held | x_asked);
  if (open.none()) return std::nullopt;
  std::size_t first = 0;
  while (!open[first]) ++first;
  std::size_t count = 0;
  // The count has to fit into a byte.
  const std::size_t longest =
      std::min(run_shards_max(as.size_class), std::size_t{shards_in_pack - 1});
  while (count < longest && first + count < shards_in_pack && open[first + count]) {
    x_asked.set(first + count);
    ++count;
  }
  x_runs.push_back({static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(count), peer, now});
  return x_runs.back();
}

std::optional<Instant> PackProgress::end_run(const DeviceId& peer, std::uint8_t first,
                                             std::uint8_t count) {
  std::optional<Instant> since;
  end_runs_if([&](const Run& run) {
    const bool is_it = run.peer == peer && run.first == first && run.count == count;
    if (is_it) since = run.since;
    return is_it;
  });
  return since;
}

void PackProgress::end_runs(const DeviceId& peer) {
  end_runs_if([&](const Run& run) { return run.peer == peer; });
}

void PackProgress::take(std::uint8_t first, std::uint8_t count, Instant now) {
  for (std::size_t i = 0; i < count; ++i) x_held.set(first + i);
  x_advanced = now;
}

std::vector<PackProgress::Run> PackProgress::stale(Instant now) const {
  std::vector<Run> result;
  std::ranges::copy_if(x_runs, std::back_inserter(result),
                       [now](const Run& run) { return now - run.since >= limits::stale_ask_time; });
  return result;
}

bool PackProgress::is_stuck(Instant now) const {
  return now - x_advanced >= limits::stale_ask_time && stale(now).size() == x_runs.size();
}

}  // namespace muniment::sync
