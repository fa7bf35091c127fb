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

bool PackPull::is_begun(const PackId& pack) {
  return x_progress.contains(pack) || x_ahead.contains(pack) ||
         std::ranges::any_of(x_wanted.ways(pack),
                             [](const auto& way) { return way.second.tile_asked.has_value(); });
}

std::optional<PackPull::Ask> PackPull::next(const DeviceId& peer, const MayHave& may_have,
                                            Instant now) {
  x_wanted.load(now, [this](const PackId& pack) { return is_begun(pack); });
  put_aside_false(now);
  // A tile comes a round trip later, and meanwhile the shards of the packs that are begun travel:
  // so it is asked for ahead of them, not when there is nothing else to ask for.
  if (auto ask = next_tile(peer, may_have, now)) return ask;
  for (auto& [pack, progress] : x_progress) {
    if (!can_ask(peer, progress.as, may_have, now) || !may_ask_shards(peer, pack)) continue;
    if (auto ask = next_run(peer, progress, now)) return ask;
  }
  return begin_next(peer, may_have, now);
}

bool PackPull::can_ask(const DeviceId& peer, const WantedPack& as, const MayHave& may_have,
                       Instant now) {
  return x_wanted.find(as)->can_ask(peer, now) && may_have(as.collection);
}

bool PackPull::may_ask_shards(const DeviceId& peer, const PackId& pack) {
  return !x_sources[peer].gives_nothing || std::ranges::none_of(x_progress, [&](const auto& each) {
    return each.first != pack &&
           std::ranges::find(each.second.asked(), peer, &PackProgress::Run::peer) !=
               each.second.asked().end();
  });
}

std::optional<PackPull::Ask> PackPull::next_run(const DeviceId& peer, PackProgress& progress,
                                                Instant now) {
  // What another was asked for long ago may be asked again.
  for (const PackProgress::Run& run : progress.stale(now)) {
    if (run.peer == peer) continue;
    if (!is_on_its_way(run, now)) note_missed(run.peer, progress.as, now);
    progress.end_run(run.peer, run.first, run.count);
  }
  const auto run = progress.next_run(peer, now);
  if (!run) return std::nullopt;
  return Ask{progress.as, false, run->first, run->count};
}

// ---- tiles ----

std::optional<PackPull::Ask> PackPull::next_tile(const DeviceId& peer, const MayHave& may_have,
                                                 Instant now) {
  if (tiles_of(peer) >= limits::tiles_ahead_max) return std::nullopt;
  WantedPacks::Ways::value_type* best = nullptr;
  std::uint64_t best_rank = 0;
  for (auto& wanted : x_wanted.all()) {
    auto& [as, way] = wanted;
    if (way.tile_asked && now - way.tile_asked_since >= limits::stale_ask_time) {
      way.tile_asked.reset();
    }
    // First what costs little, since there are thousands.
    const std::uint64_t rank = as.pack.prefix() ^ x_self.prefix();
    if (best != nullptr && rank >= best_rank) continue;
    if (!way.can_ask(peer, now) || is_begun(as.pack) || !may_have(as.collection)) continue;
    best = &wanted;
    best_rank = rank;
  }
  return best == nullptr ? std::nullopt : ask_tile(peer, *best, now);
}

std::optional<PackPull::Ask> PackPull::ask_tile(const DeviceId& peer,
                                                WantedPacks::Ways::value_type& wanted,
                                                Instant now) {
  auto& [as, way] = wanted;
  // It is here already, perhaps with all of the pack, if a crash came then.
  const bool may_begin = has_room() && may_ask_shards(peer, as.pack);
  if (PackProgress* const progress = may_begin ? resume(wanted, now) : nullptr) {
    if (auto ask = next_run(peer, *progress, now)) return ask;
    if (finish(as.pack) == Verdict::finished) return std::nullopt;
  }
  if (way.is_false) return std::nullopt;
  way.tile_asked = peer;
  way.tile_asked_since = now;
  ++x_sources[peer].tiles_asked;
  return Ask{as, true, 0, 0};
}

void PackPull::end_tile_ask(const DeviceId& peer, const Ask& ask) {
  WantedWay* const way = x_wanted.find(ask.pack);
  if (way != nullptr && way->tile_asked == peer) way->tile_asked.reset();
  // Nothing is counted of what was asked before the session with it was another.
  std::size_t& asked = x_sources[peer].tiles_asked;
  if (asked > 0) --asked;
}

std::size_t PackPull::tiles_of(const DeviceId& peer) {
  const auto waiting =
      std::ranges::count_if(x_ahead, [&](const auto& each) { return each.second.from == peer; });
  return x_sources[peer].tiles_asked + static_cast<std::size_t>(waiting);
}

PackPull::Verdict PackPull::take_tile(const DeviceId& peer, const Ask& ask, const Tile& tile,
                                      Instant now) {
  const PackId& pack = ask.pack.pack;
  end_tile_ask(peer, ask);
  if (!equal(merkle_root(tile.hashes).view(), pack.view())) return Verdict::bad_tile;
  WantedWay* const way = x_wanted.find(ask.pack);
  if (way == nullptr || x_progress.contains(pack) || x_ahead.contains(pack)) return Verdict::taken;
  if (tile.size_class != ask.pack.size_class) {
    // Either it lies or the ledger does.
    way->has_other_size(peer);
    return Verdict::taken;
  }
  x_wanted.has_got(peer, *way, now);
  const auto ahead = x_ahead.emplace(pack, Ahead{ask.pack, peer, now, tile}).first;
  return has_room() && may_ask_shards(peer, pack) ? begin(ahead, now) : Verdict::taken;
}

// ---- packs are begun, and put aside ----

PackProgress* PackPull::resume(WantedPacks::Ways::value_type& wanted, Instant now) {
  auto& [as, way] = wanted;
  std::optional<PartialPack> partial = x_packs.find_partial(as.pack);
  if (!partial) return nullptr;
  if (partial->tile.size_class != as.size_class) {
    // Shards that hash to the tile are of the pack's own size.
    way.is_false = partial->held.any();
    if (!way.is_false) x_packs.drop(as.pack);
    return nullptr;
  }
  PackProgress progress(as, {}, std::move(partial->tile), partial->held, now);
  return &x_progress.emplace(as.pack, std::move(progress)).first->second;
}

PackPull::Verdict PackPull::begin(AheadTiles::iterator ahead, Instant now) {
  const auto& [as, from, since, tile] = ahead->second;
  const auto wanted = x_wanted.all().find(as);
  const PackId pack = as.pack;
  if (resume(*wanted, now) == nullptr && !wanted->second.is_false) {
    const ShardSet held = x_packs.begin(pack, tile);
    x_progress.emplace(pack, PackProgress(as, from, tile, held, now));
    if (held.any() && !x_unsynced_since) x_unsynced_since = now;
  }
  x_ahead.erase(ahead);
  const auto begun = x_progress.find(pack);
  return begun != x_progress.end() && begun->second.held().all() ? finish(pack) : Verdict::taken;
}

std::optional<PackPull::Ask> PackPull::begin_next(const DeviceId& peer, const MayHave& may_have,
                                                  Instant now) {
  const auto ahead = std::ranges::find_if(x_ahead, [&](const auto& each) {
    const Ahead& tile = each.second;
    // Another may be too slow for what it has shown; but else it alone is known to have it.
    const bool is_due = tile.from == peer || now - tile.since >= limits::stale_ask_time;
    return is_due && can_ask(peer, tile.as, may_have, now);
  });
  if (ahead == x_ahead.end()) return std::nullopt;
  const PackId pack = ahead->first;
  if (!may_ask_shards(peer, pack) || (!has_room() && !put_aside(now))) return std::nullopt;
  static_cast<void>(begin(ahead, now));
  const auto begun = x_progress.find(pack);
  return begun == x_progress.end() ? std::nullopt : next_run(peer, begun->second, now);
}

bool PackPull::is_on_its_way(const PackProgress::Run& run, Instant now) const {
  const auto found = x_sources.find(run.peer);
  if (found == x_sources.end() || !found->second.gave_at) return false;
  const Source& source = found->second;
  return now - *source.gave_at < limits::stale_ask_time && source.gave_asked_at <= run.since;
}

bool PackPull::put_aside(Instant now) {
  const auto stuck = std::ranges::find_if(x_progress, [&](const auto& each) {
    return each.second.is_stuck(now) &&
           std::ranges::none_of(each.second.asked(), [&](const PackProgress::Run& run) {
             return is_on_its_way(run, now);
           });
  });
  if (stuck == x_progress.end()) return false;
  for (const PackProgress::Run& run : stuck->second.asked()) {
    note_missed(run.peer, stuck->second.as, now);
  }
  drop(stuck);
  return true;
}

void PackPull::put_aside_false(Instant now) {
  for (auto at = x_progress.begin(); at != x_progress.end();) {
    const auto progress = at++;
    const auto& [pack, state] = *progress;
    const bool has_others = std::ranges::distance(x_wanted.ways(pack)) > 1;
    if (state.held().any() || !has_others || !state.is_stuck(now)) continue;
    // Whoever said that it has the pack in this size gave nothing of it.
    if (state.tile_from) x_wanted.find(state.as)->failed(*state.tile_from, now);
    drop(progress);
  }
}

void PackPull::drop(Progresses::iterator progress) {
  if (progress->second.held().none()) x_packs.drop(progress->first);
  x_progress.erase(progress);
}

// ---- answers ----

PackPull::Verdict PackPull::take_shards(const DeviceId& peer, const Ask& ask, ByteView bytes,
                                        Instant now) {
  const std::size_t size = shard_bytes(ask.pack.size_class);
  if (!is_some_size(bytes.size(), ask.count)) return Verdict::wrong_size;
  const auto found = find_progress(ask);
  // Another peer was faster, or it is tried in another way by now.
  if (found == x_progress.end()) return Verdict::taken;
  PackProgress& progress = found->second;
  const auto since = progress.end_run(peer, ask.first, ask.count);
  if (bytes.size() != size * ask.count) {
    x_wanted.find(ask.pack)->has_other_size(peer);
    drop_if_hopeless(found);
    return Verdict::taken;
  }
  for (std::size_t i = 0; i < ask.count; ++i) {
    if (leaf_hash(bytes.subspan(i * size, size)) != progress.tile.hashes[ask.first + i]) {
      x_wanted.find(ask.pack)->failed(peer, now);
      drop_if_hopeless(found);
      return Verdict::bad_shards;
    }
  }
  x_packs.write(ask.pack.pack, ask.first, bytes);
  progress.take(ask.first, ask.count, now);
  note_given(peer, since, now);
  x_unsynced_bytes += bytes.size();
  if (!x_unsynced_since) x_unsynced_since = now;
  if (!progress.held().all()) {
    if (x_unsynced_bytes >= limits::unsynced_bytes_max) sync_written();
    return Verdict::taken;
  }
  return finish(ask.pack.pack);
}

void PackPull::note_missed(const DeviceId& peer, const WantedPack& as, Instant now) {
  x_wanted.find(as)->refused(peer, now);
  x_sources[peer].gives_nothing = true;
}

void PackPull::note_given(const DeviceId& peer, std::optional<Instant> since, Instant now) {
  Source& source = x_sources[peer];
  source.gives_nothing = false;
  source.gave_at = now;
  if (since) source.gave_asked_at = std::max(source.gave_asked_at, *since);
}

PackPull::Progresses::iterator PackPull::find_progress(const Ask& ask) {
  const auto found = x_progress.find(ask.pack.pack);
  return found == x_progress.end() || found->second.as != ask.pack ? x_progress.end() : found;
}

PackPull::Verdict PackPull::finish(const PackId& pack) {
  x_progress.erase(pack);
  if (!x_packs.finish(pack)) return Verdict::taken;
  x_wanted.erase(pack);
  if (x_wanted.empty()) look_again();
  return Verdict::finished;
}

void PackPull::refused(const DeviceId& peer, const Ask& ask, Instant now) {
  postponed(peer, ask);
  WantedWay* const way = x_wanted.find(ask.pack);
  if (way == nullptr) return;
  const auto progress = find_progress(ask);
  const bool has_shown_tile = progress != x_progress.end() && progress->second.tile_from == peer &&
                              progress->second.held().none();
  if (!ask.tile && has_shown_tile) {
    way->failed(peer, now);
  } else {
    way->refused(peer, now);
  }
  if (progress != x_progress.end()) drop_if_hopeless(progress);
}

void PackPull::drop_if_hopeless(Progresses::iterator progress) {
  if (progress->second.held().none() && progress->second.asked().empty()) drop(progress);
}

void PackPull::postponed(const DeviceId& peer, const Ask& ask) {
  if (ask.tile) end_tile_ask(peer, ask);
  const auto progress = find_progress(ask);
  if (!ask.tile && progress != x_progress.end()) {
    progress->second.end_run(peer, ask.first, ask.count);
  }
}

void PackPull::release(const DeviceId& peer) {
  for (auto& [as, way] : x_wanted.all()) {
    if (way.tile_asked == peer) way.tile_asked.reset();
  }
  for (auto& [pack, progress] : x_progress) progress.end_runs(peer);
  std::erase_if(x_ahead, [&](const auto& each) { return each.second.from == peer; });
  x_sources[peer].tiles_asked = 0;
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
