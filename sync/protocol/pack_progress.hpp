// A pack that is being put together: which of its shards are here, and which are asked of whom.
#pragma once

#include <vector>

#include "sync/protocol/packs.hpp"

namespace muniment::sync {

class PackProgress {
 public:
  struct Run {
    std::uint8_t first = 0;
    std::uint8_t count = 0;
    DeviceId peer;
    Instant since{};  // when it was asked for
  };

  // `tile_from` is nobody if the tile was here already.
  PackProgress(const WantedPack& as_, std::optional<DeviceId> tile_from_, Tile tile_,
               const ShardSet& held_, Instant now)
      : as(as_), tile_from(tile_from_), tile(std::move(tile_)), x_held(held_), x_advanced(now) {}

  const WantedPack as;
  const std::optional<DeviceId> tile_from;
  const Tile tile;

  // Shards to ask of the peer, that nobody is asked for. Empty if there are none.
  [[nodiscard]] std::optional<Run> next_run(const DeviceId& peer, Instant now);
  // What is asked for and did not come; and what of it is due long since.
  [[nodiscard]] const std::vector<Run>& asked() const noexcept { return x_runs; }
  [[nodiscard]] std::vector<Run> stale(Instant now) const;
  // It came, or will not come from there, and may be asked for again. When it was asked for; empty
  // if it is not any more.
  std::optional<Instant> end_run(const DeviceId& peer, std::uint8_t first, std::uint8_t count);
  void end_runs(const DeviceId& peer);

  [[nodiscard]] const ShardSet& held() const noexcept { return x_held; }
  void take(std::uint8_t first, std::uint8_t count, Instant now);

  // For a while nothing came, nor was anything asked for.
  [[nodiscard]] bool is_stuck(Instant now) const;

 private:
  template <class Over>
  void end_runs_if(Over is_over);

  ShardSet x_held;
  ShardSet x_asked;
  std::vector<Run> x_runs;
  Instant x_advanced;  // when it was begun, or shards came
};

}  // namespace muniment::sync
