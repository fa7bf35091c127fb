#include "sync/protocol/pack_pull.hpp"

#include "vault/base/assert.hpp"
#include "vault/merkle/tree.hpp"

namespace muniment::sync {

namespace {

// A peer that sent wrong shards of a pack is not asked for it again.
constexpr Instant never = Instant::max();

}  // namespace

void PackPull::Progress::end_asks(const std::function<bool(const RunAsk&)>& is_over) {
  std::erase_if(asks, [&](const RunAsk& ask) {
    if (!is_over(ask)) return false;
    for (std::size_t i = ask.first; i < std::size_t{ask.first} + ask.count; ++i) asked.reset(i);
    return true;
  });
}

std::function<bool(const PackPull::RunAsk&)> PackPull::same_run(const DeviceId& peer,
                                                                const Ask& ask) {
  return [&peer, &ask](const RunAsk& each) {
    return each.peer == peer && each.first == ask.first && each.count == ask.count;
  };
}

void PackPull::look_again() {
  x_look = true;
}

void PackPull::look_again_at(const DeviceId& peer) {
  for (auto& [id, wanted] : x_wanted) {
    const auto found = wanted.absent_until.find(peer);
    if (found != wanted.absent_until.end() && found->second != never) {
      wanted.absent_until.erase(found);
    }
  }
}

void PackPull::load_wanted(Instant now) {
  // A full table that nobody can serve makes room for the next packs.
  const bool full = x_wanted.size() >= limits::wanted_packs_max;
  const bool stuck = full && now - x_looked >= limits::round_interval;
  if (!x_look && !stuck) return;
  if (full && !stuck) return;
  x_look = false;
  x_looked = now;
  if (stuck) {
    x_after = x_wanted.rbegin()->first;
    std::erase_if(x_wanted, [&](const auto& each) {
      return !x_progress.contains(each.first) && !each.second.tile_asked;
    });
  }
  for (int pass = 0; pass < 2; ++pass) {
    for (const WantedPack& pack : x_packs.wanted(x_after, limits::wanted_packs_max)) {
      x_wanted.try_emplace(pack.name.pack, Wanted{pack.name, pack.size_class, {}, {}, {}});
    }
    if (x_after.is_zero() || x_wanted.size() >= limits::wanted_packs_max) break;
    x_after = PackId{};
  }
}

bool PackPull::can_ask(const Wanted& wanted, const DeviceId& peer, Instant now,
                       const std::function<bool(const CollectionId&)>& may_have) const {
  const auto absent = wanted.absent_until.find(peer);
  if (absent != wanted.absent_until.end() && now < absent->second) return false;
  return may_have(wanted.name.collection);
}

std::optional<PackPull::Ask> PackPull::next(
    const DeviceId& peer, const std::function<bool(const CollectionId&)>& may_have, Instant now) {
  load_wanted(now);
  for (auto& [id, progress] : x_progress) {
    const Wanted& wanted = x_wanted.at(id);
    if (!can_ask(wanted, peer, now, may_have)) continue;
    if (auto ask = next_run(peer, wanted, progress, now)) return ask;
  }
  return next_tile(peer, may_have, now);
}

std::optional<PackPull::Ask> PackPull::next_run(const DeviceId& peer, const Wanted& wanted,
                                                Progress& progress, Instant now) {
  // What was asked of another peer long ago may be asked again.
  progress.end_asks([&](const RunAsk& ask) {
    return ask.peer != peer && now - ask.since >= limits::stale_ask_time;
  });
  const ShardSet open = ~(progress.held | progress.asked);
  if (open.none()) return std::nullopt;
  std::size_t first = 0;
  while (!open[first]) ++first;
  std::size_t count = 0;
  // The count has to fit into a byte.
  const std::size_t longest =
      std::min(run_shards_max(wanted.size_class), std::size_t{shards_in_pack - 1});
  while (count < longest && first + count < shards_in_pack && open[first + count]) {
    progress.asked.set(first + count);
    ++count;
  }
  const auto begin = static_cast<std::uint8_t>(first);
  const auto length = static_cast<std::uint8_t>(count);
  progress.asks.push_back({begin, length, peer, now});
  return Ask{wanted.name, wanted.size_class, false, begin, length};
}

std::optional<PackPull::Ask> PackPull::next_tile(
    const DeviceId& peer, const std::function<bool(const CollectionId&)>& may_have, Instant now) {
  std::size_t out = x_progress.size();
  for (auto& [id, wanted] : x_wanted) {
    if (wanted.tile_asked && now - wanted.tile_asked_since >= limits::stale_ask_time) {
      wanted.tile_asked.reset();
    }
    if (wanted.tile_asked) ++out;
  }
  if (out >= limits::packs_in_progress_max && !put_aside(now)) return std::nullopt;
  Wanted* best = nullptr;
  std::uint64_t best_rank = 0;
  for (auto& [id, wanted] : x_wanted) {
    if (wanted.tile_asked || x_progress.contains(id) || !can_ask(wanted, peer, now, may_have)) {
      continue;
    }
    const std::uint64_t rank = id.prefix() ^ x_self.prefix();
    if (best != nullptr && rank >= best_rank) continue;
    best = &wanted;
    best_rank = rank;
  }
  return best == nullptr ? std::nullopt : begin_pack(peer, *best, now);
}

std::optional<PackPull::Ask> PackPull::begin_pack(const DeviceId& peer, Wanted& wanted,
                                                  Instant now) {
  const PackId pack = wanted.name.pack;
  if (auto partial = x_packs.find_partial(pack)) {
    const auto at =
        x_progress.emplace(pack, Progress{std::move(partial->tile), partial->held, {}, {}, now});
    if (auto ask = next_run(peer, wanted, at.first->second, now)) return ask;
    // All of it was there when a crash came.
    x_progress.erase(at.first);
    if (x_packs.finish(pack)) {
      x_wanted.erase(pack);
      return std::nullopt;
    }
  }
  wanted.tile_asked = peer;
  wanted.tile_asked_since = now;
  return Ask{wanted.name, wanted.size_class, true, 0, 0};
}

bool PackPull::put_aside(Instant now) {
  const auto is_stuck = [now](const auto& each) {
    const Progress& progress = each.second;
    return now - progress.advanced >= limits::stale_ask_time &&
           std::ranges::all_of(progress.asks, [now](const RunAsk& ask) {
             return now - ask.since >= limits::stale_ask_time;
           });
  };
  const auto stuck = std::ranges::find_if(x_progress, is_stuck);
  if (stuck == x_progress.end()) return false;
  if (stuck->second.held.none()) x_packs.drop(stuck->first);
  x_progress.erase(stuck);
  return true;
}

PackPull::Verdict PackPull::take_tile(const DeviceId& peer, const Ask& ask, const Tile& tile,
                                      Instant now) {
  const PackId& pack = ask.name.pack;
  const auto found = x_wanted.find(pack);
  if (found != x_wanted.end() && found->second.tile_asked == peer) {
    found->second.tile_asked.reset();
  }
  const bool proved =
      tile.size_class == ask.size_class && equal(merkle_root(tile.hashes).view(), pack.view());
  if (!proved) return Verdict::bad_tile;
  if (found == x_wanted.end() || x_progress.contains(pack)) return Verdict::taken;
  x_packs.begin(pack, tile);
  x_progress.emplace(pack, Progress{tile, {}, {}, {}, now});
  return Verdict::taken;
}

PackPull::Verdict PackPull::take_shards(const DeviceId& peer, const Ask& ask, ByteView bytes,
                                        Instant now) {
  const std::size_t size = shard_bytes(ask.size_class);
  if (bytes.size() != size * ask.count) return Verdict::wrong_size;
  const PackId pack = ask.name.pack;
  const auto found = x_progress.find(pack);
  if (found == x_progress.end()) return Verdict::taken;  // another peer was faster
  Progress& progress = found->second;
  progress.end_asks(same_run(peer, ask));
  for (std::size_t i = 0; i < ask.count; ++i) {
    if (leaf_hash(bytes.subspan(i * size, size)) != progress.tile.hashes[ask.first + i]) {
      x_wanted.at(pack).absent_until[peer] = never;
      return Verdict::bad_shards;
    }
  }
  x_packs.write(pack, ask.first, bytes);
  for (std::size_t i = 0; i < ask.count; ++i) progress.held.set(ask.first + i);
  progress.advanced = now;
  x_unsynced_bytes += bytes.size();
  if (!x_unsynced_since) x_unsynced_since = now;
  if (!progress.held.all()) {
    if (x_unsynced_bytes >= limits::unsynced_bytes_max) sync_written();
    return Verdict::taken;
  }
  x_progress.erase(found);
  if (!x_packs.finish(pack)) return Verdict::taken;
  x_wanted.erase(pack);
  if (x_wanted.empty()) look_again();
  return Verdict::finished;
}

void PackPull::refused(const DeviceId& peer, const Ask& ask, Instant now) {
  const auto wanted = x_wanted.find(ask.name.pack);
  if (wanted == x_wanted.end()) return;
  Instant& until = wanted->second.absent_until[peer];
  until = std::max(until, now + limits::absent_time);
  if (wanted->second.tile_asked == peer) wanted->second.tile_asked.reset();
  const auto progress = x_progress.find(ask.name.pack);
  if (progress != x_progress.end()) progress->second.end_asks(same_run(peer, ask));
}

void PackPull::release(const DeviceId& peer) {
  for (auto& [id, wanted] : x_wanted) {
    if (wanted.tile_asked == peer) wanted.tile_asked.reset();
  }
  for (auto& [id, progress] : x_progress) {
    progress.end_asks([&](const RunAsk& ask) { return ask.peer == peer; });
  }
}

void PackPull::sync_written() {
  x_unsynced_bytes = 0;
  x_unsynced_since.reset();
  x_packs.sync();
}

void PackPull::tick(Instant now) {
  if (x_unsynced_since && now - *x_unsynced_since >= limits::unsynced_time_max) sync_written();
}

}  // namespace muniment::sync
