// Which shards are asked of whom, by all sessions of a replica together: packs are put together
// from several peers at once, and every shard is compared with its pack's tile before it is
// written.
#pragma once

#include "sync/protocol/pack_progress.hpp"
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

  using MayHave = std::function<bool(const CollectionId&)>;

  // What to ask `peer` for next, for whom `may_have` says which collections it may be asked about.
  // Empty if there is nothing (now). The ask is out until take_…, refused, postponed or release.
  [[nodiscard]] std::optional<Ask> next(const DeviceId& peer, const MayHave& may_have, Instant now);

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

  // Packs whose shards are asked for, and tiles that wait until their packs' turn comes.
  [[nodiscard]] std::size_t in_progress() const noexcept { return x_progress.size(); }
  [[nodiscard]] std::size_t tiles_ahead() const noexcept { return x_ahead.size(); }
  // Whether any pack is known to be missing.
  [[nodiscard]] bool idle() const noexcept { return x_wanted.empty(); }

 private:
  // A tile that came before there was room for its pack.
  struct Ahead {
    WantedPack as;
    DeviceId from;
    Instant since{};
    Tile tile;
  };

  // How a peer gives.
  struct Source {
    std::size_t tiles_asked = 0;
    bool gives_nothing = false;  // it let time run out, and gave no shards since
    // When it last gave shards, and when the newest of those that it gave were asked for.
    std::optional<Instant> gave_at;
    Instant gave_asked_at{};
  };

  // Of a pack one way at a time.
  using Progresses = std::map<PackId, PackProgress>;
  using AheadTiles = std::map<PackId, Ahead>;

  // Whether it is being fetched in one of the ways in which it is wanted.
  [[nodiscard]] bool is_begun(const PackId& pack);
  [[nodiscard]] bool can_ask(const DeviceId& peer, const WantedPack& as, const MayHave& may_have,
                             Instant now);
  // Who gave nothing is asked for shards of one pack at a time, until it gives some.
  [[nodiscard]] bool may_ask_shards(const DeviceId& peer, const PackId& pack);
  [[nodiscard]] std::optional<Ask> next_run(const DeviceId& peer, PackProgress& progress,
                                            Instant now);

  [[nodiscard]] std::optional<Ask> next_tile(const DeviceId& peer, const MayHave& may_have,
                                             Instant now);
  [[nodiscard]] std::optional<Ask> ask_tile(const DeviceId& peer,
                                            WantedPacks::Ways::value_type& wanted, Instant now);
  void end_tile_ask(const DeviceId& peer, const Ask& ask);
  // That were asked of it, or came from it and wait.
  [[nodiscard]] std::size_t tiles_of(const DeviceId& peer);

  [[nodiscard]] bool has_room() const noexcept {
    return x_progress.size() < limits::packs_in_progress_max;
  }
  // Goes on with what an earlier session or process left of the pack. Null if that is nothing, or
  // of another size.
  [[nodiscard]] PackProgress* resume(WantedPacks::Ways::value_type& wanted, Instant now);
  // Its pack has room now.
  [[nodiscard]] Verdict begin(AheadTiles::iterator ahead, Instant now);
  // Begins a pack of which the peer can be asked for shards.
  [[nodiscard]] std::optional<Ask> begin_next(const DeviceId& peer, const MayHave& may_have,
                                              Instant now);
  // The peer gives what it was asked for before, and comes to this in its turn: it is only slow.
  [[nodiscard]] bool is_on_its_way(const PackProgress::Run& run, Instant now) const;
  // Puts aside a pack for which nothing comes, so that others can be begun. False if there is none.
  [[nodiscard]] bool put_aside(Instant now);
  // The same of packs of which nothing came in the way that is tried, and that are listed in
  // others.
  void put_aside_false(Instant now);
  // What is there of it stays.
  void drop(Progresses::iterator progress);
  // Nothing is there of it, and whoever was asked gave nothing.
  void drop_if_hopeless(Progresses::iterator progress);

  // The pack that the ask is for, if it is being fetched so; or the end.
  [[nodiscard]] Progresses::iterator find_progress(const Ask& ask);
  // It let time run out for shards of this.
  void note_missed(const DeviceId& peer, const WantedPack& as, Instant now);
  void note_given(const DeviceId& peer, std::optional<Instant> since, Instant now);
  // All of its shards are here.
  [[nodiscard]] Verdict finish(const PackId& pack);
  void sync_written();

  Packs& x_packs;
  DeviceId x_self;
  WantedPacks x_wanted;
  Progresses x_progress;
  AheadTiles x_ahead;
  std::map<DeviceId, Source> x_sources;
  std::uint64_t x_unsynced_bytes = 0;
  std::optional<Instant> x_unsynced_since;
};

}  // namespace muniment::sync
