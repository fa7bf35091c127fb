#include "sync/protocol/pack_pull.hpp"

#include "vault/base/assert.hpp"
#include "vault/merkle/tree.hpp"

namespace muniment::sync {

namespace {

// Whether so many bytes are `count` shards of some pack.
bool is_some_size(std::size_t bytes, std::size_t count) {
  for (std::uint8_t size_class = size_class_min; size_class <= size_class_max; ++size_class) {
    if (bytes == shard_bytes(size_class) * count) return true;
  }
  return false;
}

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

bool PackPull::is_begun(const PackId& pack) {
  return x_progress.contains(pack) || std::ranges::any_of(x_wanted.ways(pack), [](const auto& way) {
           return way.second.tile_asked.has_value();
         });
}

std::optional<PackPull::Ask> PackPull::next(
    const DeviceId& peer, const std::function<bool(const CollectionId&)>& may_have, Instant now) {
  x_wanted.load(now, [this](const PackId& pack) { return is_begun(pack); });
  put_aside_false(now);
  // A tile comes a round trip later, and meanwhile the shards of the packs that are begun travel:
  // so it is asked for as soon as there is room, not when there is nothing else to ask for.
  const bool has_room = under_way(now) < limits::packs_in_progress_max;
  if (has_room) {
    if (auto ask = next_tile(peer, may_have, now)) return ask;
  }
  for (auto& [id, progress] : x_progress) {
    if (!x_wanted.find(progress.as)->can_ask(peer, now) || !may_have(progress.as.collection))
      continue;
    if (auto ask = next_run(peer, progress, now)) return ask;
  }
  return !has_room && put_aside(now) ? next_tile(peer, may_have, now) : std::nullopt;
}

std::optional<PackPull::Ask> PackPull::next_run(const DeviceId& peer, Progress& progress,
                                                Instant now) {
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
      std::min(run_shards_max(progress.as.size_class), std::size_t{shards_in_pack - 1});
  while (count < longest && first + count < shards_in_pack && open[first + count]) {
    progress.asked.set(first + count);
    ++count;
  }
  const auto begin = static_cast<std::uint8_t>(first);
  const auto length = static_cast<std::uint8_t>(count);
  progress.asks.push_back({begin, length, peer, now});
  return Ask{progress.as, false, begin, length};
}

std::size_t PackPull::under_way(Instant now) {
  std::size_t count = x_progress.size();
  for (auto& [as, way] : x_wanted.all()) {
    if (way.tile_asked && now - way.tile_asked_since >= limits::stale_ask_time) {
      way.tile_asked.reset();
    }
    if (way.tile_asked) ++count;
  }
  return count;
}

std::optional<PackPull::Ask> PackPull::next_tile(
    const DeviceId& peer, const std::function<bool(const CollectionId&)>& may_have, Instant now) {
  WantedPacks::Ways::value_type* best = nullptr;
  std::uint64_t best_rank = 0;
  for (auto& wanted : x_wanted.all()) {
    const auto& [as, way] = wanted;
    const PackId& pack = as.pack;
    if (!way.can_ask(peer, now) || !may_have(as.collection)) continue;
    const std::uint64_t rank = pack.prefix() ^ x_self.prefix();
    if ((best != nullptr && rank >= best_rank) || is_begun(pack)) continue;
    best = &wanted;
    best_rank = rank;
  }
  return best == nullptr ? std::nullopt : begin_pack(peer, *best, now);
}

std::optional<PackPull::Ask> PackPull::begin_pack(const DeviceId& peer,
                                                  WantedPacks::Ways::value_type& wanted,
                                                  Instant now) {
  auto& [as, way] = wanted;
  const PackId pack = as.pack;
  std::optional<PartialPack> partial = x_packs.find_partial(pack);
  if (partial && partial->tile.size_class != as.size_class) {
    // Shards that hash to the tile are of the pack's own size.
    way.is_false = partial->held.any();
    if (way.is_false) return std::nullopt;
    x_packs.drop(pack);
  } else if (partial) {
    const auto at = x_progress.emplace(
        pack, Progress{as, {}, std::move(partial->tile), partial->held, {}, {}, now});
    if (auto ask = next_run(peer, at.first->second, now)) return ask;
    // All of it was there when a crash came.
    if (finish(pack) == Verdict::finished) return std::nullopt;
  }
  way.tile_asked = peer;
  way.tile_asked_since = now;
  return Ask{as, true, 0, 0};
}

bool PackPull::is_stuck(const Progress& progress, Instant now) {
  return now - progress.advanced >= limits::stale_ask_time &&
         std::ranges::all_of(progress.asks, [now](const RunAsk& ask) {
           return now - ask.since >= limits::stale_ask_time;
         });
}

bool PackPull::put_aside(Instant now) {
  const auto stuck = std::ranges::find_if(
      x_progress, [now](const auto& each) { return is_stuck(each.second, now); });
  if (stuck == x_progress.end()) return false;
  if (stuck->second.held.none()) x_packs.drop(stuck->first);
  x_progress.erase(stuck);
  return true;
}

void PackPull::put_aside_false(Instant now) {
  for (auto at = x_progress.begin(); at != x_progress.end();) {
    const Progress& progress = at->second;
    const bool has_others = std::ranges::distance(x_wanted.ways(at->first)) > 1;
    if (progress.held.any() || !has_others || !is_stuck(progress, now)) {
      ++at;
      continue;
    }
    // Whoever said that it has the pack in this size gave nothing of it.
    if (progress.tile_from) {
      x_wanted.find(progress.as)->failed(*progress.tile_from, now);
    }
    x_packs.drop(at->first);
    at = x_progress.erase(at);
  }
}

PackPull::Verdict PackPull::take_tile(const DeviceId& peer, const Ask& ask, const Tile& tile,
                                      Instant now) {
  const PackId& pack = ask.pack.pack;
  WantedWay* const way = x_wanted.find(ask.pack);
  if (way != nullptr && way->tile_asked == peer) way->tile_asked.reset();
  if (!equal(merkle_root(tile.hashes).view(), pack.view())) return Verdict::bad_tile;
  if (way == nullptr || x_progress.contains(pack)) return Verdict::taken;
  if (tile.size_class != ask.pack.size_class) {
    // Either it lies or the ledger does.
    way->has_other_size(peer);
    return Verdict::taken;
  }
  x_wanted.has_got(peer, *way, now);
  const ShardSet held = x_packs.begin(pack, tile);
  x_progress.emplace(pack, Progress{ask.pack, peer, tile, held, {}, {}, now});
  if (held.any() && !x_unsynced_since) x_unsynced_since = now;
  return held.all() ? finish(pack) : Verdict::taken;
}

PackPull::Verdict PackPull::take_shards(const DeviceId& peer, const Ask& ask, ByteView bytes,
                                        Instant now) {
  const std::size_t size = shard_bytes(ask.pack.size_class);
  if (!is_some_size(bytes.size(), ask.count)) return Verdict::wrong_size;
  const PackId pack = ask.pack.pack;
  const auto found = x_progress.find(pack);
  // Another peer was faster, or it is tried in another way by now.
  if (found == x_progress.end() || found->second.as != ask.pack) return Verdict::taken;
  Progress& progress = found->second;
  progress.end_asks(same_run(peer, ask));
  if (bytes.size() != size * ask.count) {
    x_wanted.find(ask.pack)->has_other_size(peer);
    return Verdict::taken;
  }
  for (std::size_t i = 0; i < ask.count; ++i) {
    if (leaf_hash(bytes.subspan(i * size, size)) != progress.tile.hashes[ask.first + i]) {
      x_wanted.find(ask.pack)->failed(peer, now);
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
  return finish(pack);
}

PackPull::Verdict PackPull::finish(const PackId& pack) {
  x_progress.erase(pack);
  if (!x_packs.finish(pack)) return Verdict::taken;
  x_wanted.erase(pack);
  if (x_wanted.empty()) look_again();
  return Verdict::finished;
}

void PackPull::refused(const DeviceId& peer, const Ask& ask, Instant now) {
  WantedWay* const way = x_wanted.find(ask.pack);
  if (way == nullptr) return;
  const auto progress = x_progress.find(ask.pack.pack);
  const bool has_shown_tile = progress != x_progress.end() && progress->second.as == ask.pack &&
                              progress->second.tile_from == peer;
  if (!ask.tile && has_shown_tile && progress->second.held.none()) {
    way->failed(peer, now);
  } else {
    way->refused(peer, now);
  }
  postponed(peer, ask);
}

void PackPull::postponed(const DeviceId& peer, const Ask& ask) {
  WantedWay* const way = x_wanted.find(ask.pack);
  if (ask.tile && way != nullptr && way->tile_asked == peer) way->tile_asked.reset();
  const auto progress = x_progress.find(ask.pack.pack);
  if (progress == x_progress.end() || progress->second.as != ask.pack) return;
  progress->second.end_asks(same_run(peer, ask));
}

void PackPull::release(const DeviceId& peer) {
  for (auto& [as, way] : x_wanted.all()) {
    if (way.tile_asked == peer) way.tile_asked.reset();
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
