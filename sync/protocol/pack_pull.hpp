// Which shards are asked of whom, by all sessions of a replica together: packs are put together
// from several peers at once, and every shard is compared with its pack's tile before it is
// written.
#pragma once

#include "sync/protocol/wanted_packs.hpp"

namespace muniment::sync {

class PackPull {
 public:
  struct Ask {
    WantedPack pack;
    bool tile = false;  // or else shards
    std::uint8_t first = 0;
    std::uint8_t count = 0;

    // Of the answer.
    [[nodiscard]] std::size_t bytes() const noexcept {
      return tile ? shards_in_pack * Sha256Digest::size : shard_bytes(pack.size_class) * count;
    }
    friend bool operator==(const Ask&, const Ask&) = default;
  };

  enum class Verdict {
    taken,
    finished,    // with this the pack is whole, and stored
    bad_shards,  // not those of the tile: nothing of them was taken
    bad_tile,    // not this pack's
    wrong_size,  // not the shards that were asked for, of no pack's size
  };

  // `self` decides in which order packs are fetched, so that not all replicas ask for the same.
  PackPull(Packs& packs, const DeviceId& self) : x_packs(packs), x_self(self), x_wanted(packs) {}

  // More packs may be wanted now, or the peer may have what it had not.
  void look_again() noexcept { x_wanted.look_again(); }
  void look_again_at(const DeviceId& peer) { x_wanted.look_again_at(peer); }

  // What to ask `peer` for next, for whom `may_have` says which collections it may be asked about.
  // Empty if there is nothing (now). The ask is out until take_…, refused or release.
  [[nodiscard]] std::optional<Ask> next(const DeviceId& peer,
                                        const std::function<bool(const CollectionId&)>& may_have,
                                        Instant now);

  // Answers. They throw what Packs throws; the ask is over then.
  [[nodiscard]] Verdict take_tile(const DeviceId& peer, const Ask& ask, const Tile& tile,
                                  Instant now);
  [[nodiscard]] Verdict take_shards(const DeviceId& peer, const Ask& ask, ByteView bytes,
                                    Instant now);
  void refused(const DeviceId& peer, const Ask& ask, Instant now);
  // It has it, and gives it later.
  void postponed(const DeviceId& peer, const Ask& ask);
  // The session has ended: nothing that it was asked for will come.
  void release(const DeviceId& peer);

  // Syncs what was written when it is time.
  void tick(Instant now);

  [[nodiscard]] std::size_t in_progress() const noexcept { return x_progress.size(); }
  // Whether any pack is known to be missing.
  [[nodiscard]] bool idle() const noexcept { return x_wanted.empty(); }

 private:
  struct RunAsk {
    std::uint8_t first = 0;
    std::uint8_t count = 0;
    DeviceId peer;
    Instant since{};
  };

  // Of a pack one way at a time.
  struct Progress {
    WantedPack as;
    std::optional<DeviceId> tile_from;
    Tile tile;
    ShardSet held;
    ShardSet asked;
    std::vector<RunAsk> asks;
    Instant advanced{};  // when it was begun, or shards came

    // Whose shards may then be asked for again.
    void end_asks(const std::function<bool(const RunAsk&)>& is_over);
  };

  [[nodiscard]] std::optional<Ask> next_run(const DeviceId& peer, Progress& progress, Instant now);
  // Packs that are begun, and whose tile is asked for.
  [[nodiscard]] std::size_t under_way(Instant now);
  [[nodiscard]] std::optional<Ask> next_tile(
      const DeviceId& peer, const std::function<bool(const CollectionId&)>& may_have, Instant now);
  // All of its shards are here.
  [[nodiscard]] Verdict finish(const PackId& pack);
  // Whether it is being fetched in one of them.
  [[nodiscard]] bool is_begun(const PackId& pack);
  [[nodiscard]] static bool is_stuck(const Progress& progress, Instant now);
  // Puts aside a pack for which nothing comes, so that others can be begun. False if there is none.
  [[nodiscard]] bool put_aside(Instant now);
  // The same of packs of which nothing came in the way that is tried, and that are listed in
  // others.
  void put_aside_false(Instant now);
  [[nodiscard]] std::optional<Ask> begin_pack(const DeviceId& peer,
                                              WantedPacks::Ways::value_type& wanted, Instant now);
  // Both must outlive the result.
  [[nodiscard]] static std::function<bool(const RunAsk&)> same_run(const DeviceId& peer,
                                                                   const Ask& ask);
  void sync_written();

  Packs& x_packs;
  DeviceId x_self;
  WantedPacks x_wanted;
  std::map<PackId, Progress> x_progress;
  std::uint64_t x_unsynced_bytes = 0;
  std::optional<Instant> x_unsynced_since;
};

}  // namespace muniment::sync
