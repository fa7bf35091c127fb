// A replica's packs: which it lacks, which have rotted, and what it gives of those that it has.
#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/pack/pack_bytes.hpp"
#include "vault/replication_own.hpp"

namespace muniment {

// ---- what is listed ----

void Replication::load_packs() {
  x_own->stored.clear();
  for (const std::string& key : x_own->store.list("packs/")) {
    if (const auto id = pack_id_from_key(key)) x_own->stored.insert(*id);
  }
  x_own->damaged = x_own->seen.damaged;
  for (const auto& [pack, damaged] : x_own->damage_news) {
    if (damaged) {
      x_own->damaged.insert(pack);
    } else {
      x_own->damaged.erase(pack);
    }
  }
  std::erase_if(x_own->damaged, [&](const PackId& pack) { return !x_own->stored.contains(pack); });
  x_own->listed.clear();
  x_own->missing.clear();
  x_own->order.clear();
  for (const Ledger& ledger : ledgers()) read_packs(ledger, 0);
}

void Replication::read_packs(const Ledger& ledger, std::uint64_t from) {
  std::vector<PackId>& order = x_own->order[ledger.name().id()];
  for (std::uint64_t i = from; i < ledger.size(); ++i) {
    const std::string entry = ledger.entry(i);
    if (act_of(entry) != Act::packs) continue;
    const auto packs = decode_packs(entry);
    if (!packs) continue;
    for (const PackRef& pack : packs->packs) {
      const PackListing listing{pack.id, ledger.name().collection, pack.size_class};
      order.push_back(pack.id);
      x_own->listed.insert(listing);
      if (!is_whole(pack.id)) x_own->missing.insert(listing);
    }
  }
}

const std::vector<PackId>& Replication::packs_of(const LedgerName& ledger) const {
  return x_own->order[ledger.id()];
}

bool Replication::is_listed(const CollectionId& collection, const PackId& pack) const {
  const auto found = x_own->listed.lower_bound({pack, collection, 0});
  return found != x_own->listed.end() && found->pack == pack && found->collection == collection;
}

std::vector<PackListing> Replication::missing(const PackListing& after, std::size_t count) const {
  std::vector<PackListing> result;
  for (auto at = x_own->missing.upper_bound(after); at != x_own->missing.end(); ++at) {
    if (result.size() == count) break;
    result.push_back(*at);
  }
  return result;
}

bool Replication::is_missing(const PackId& pack) const {
  const auto found = x_own->missing.lower_bound({pack, {}, 0});
  return found != x_own->missing.end() && found->pack == pack;
}

bool Replication::is_whole(const PackId& pack) const {
  return x_own->stored.contains(pack) && !x_own->damaged.contains(pack);
}

MissingPacks Replication::count_missing() const {
  MissingPacks result{0, 0, x_own->damaged.size()};
  const PackId* last = nullptr;
  for (const PackListing& each : x_own->missing) {
    // Of several sizes, one of which is a lie, the smallest.
    if (last != nullptr && *last == each.pack) continue;
    last = &each.pack;
    ++result.packs;
    result.bytes += file_bytes(PackClass{each.size_class});
  }
  return result;
}

// ---- what is stored ----

std::optional<PackClass> Replication::find_class(const PackId& pack) const {
  const auto size = x_own->store.stat(pack_key(pack));
  return size ? pack_class_of_file(*size) : std::nullopt;
}

std::optional<PackTile> Replication::read_tile(const PackId& pack) const {
  const auto size_class = find_class(pack);
  if (!size_class) return std::nullopt;
  Bytes bytes(pack_format::tile_bytes);
  const auto read = x_own->store.get_range(pack_key(pack), body_bytes(*size_class), bytes);
  if (read != bytes.size()) return std::nullopt;
  return decode_pack_tile(bytes);
}

std::optional<Bytes> Replication::read_shards(const PackId& pack, std::size_t first,
                                              std::size_t count) const {
  const auto size_class = find_class(pack);
  if (!size_class || first + count > pack_format::shards) return std::nullopt;
  const std::size_t size = shard_bytes(*size_class);
  Bytes bytes(count * size);
  const auto read = x_own->store.get_range(pack_key(pack), first * size, bytes);
  if (read != bytes.size()) return std::nullopt;
  if (!x_own->damaged.contains(pack)) return bytes;
  // What is left of it may be what another lacks.
  const auto tile = read_tile(pack);
  if (!tile || pack_id(*tile) != pack) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView shard = ByteView(bytes).subspan(i * size, size);
    if (leaf_hash(shard) != (*tile)[first + i]) return std::nullopt;
  }
  return bytes;
}

// ---- what comes ----

PartialPacks& Replication::partial_packs() {
  return x_own->partial;
}

ShardSet Replication::begin(const PackId& pack, PackClass size_class, const PackTile& tile) {
  x_own->partial.begin(pack, size_class, tile);
  if (!x_own->damaged.contains(pack)) return {};
  // A place on the disk that cannot be read is zeros.
  const auto file =
      get_object(x_own->store, pack_key(pack), body_bytes(size_class)).value_or(Bytes{});
  const std::size_t size = shard_bytes(size_class);
  ShardSet held;
  for (std::size_t i = 0; i < pack_format::shards && (i + 1) * size <= file.size(); ++i) {
    const ByteView shard = ByteView(file).subspan(i * size, size);
    if (leaf_hash(shard) != tile[i]) continue;
    x_own->partial.write(pack, i, shard);
    held.set(i);
  }
  return held;
}

bool Replication::finish(const PackId& pack) {
  if (!x_own->partial.finish(pack, x_own->store)) return false;
  note_whole(pack);
  return true;
}

void Replication::note_whole(const PackId& pack) {
  x_own->stored.insert(pack);
  auto way = x_own->missing.lower_bound({pack, {}, 0});
  while (way != x_own->missing.end() && way->pack == pack) way = x_own->missing.erase(way);
  if (x_own->damaged.erase(pack) == 0) return;
  x_own->damage_news[pack] = false;
  save_damage();
}

void Replication::note_damaged(const PackId& pack) {
  if (!is_whole(pack)) return;
  x_own->damaged.insert(pack);
  const auto begin = x_own->listed.lower_bound({pack, {}, 0});
  for (auto way = begin; way != x_own->listed.end() && way->pack == pack; ++way) {
    x_own->missing.insert(*way);
  }
  x_own->damage_news[pack] = true;
  save_damage();
}

void Replication::save_damage() {
  const auto held_lock = x_own->damage_news.empty() ? nullptr : state().try_lock();
  if (!held_lock) return;
  std::set<PackId> damaged = find_damaged_packs(files(), directory());
  for (const auto& [pack, is_damaged] : x_own->damage_news) {
    if (is_damaged) {
      damaged.insert(pack);
    } else {
      damaged.erase(pack);
    }
  }
  save_damaged_packs(files(), directory(), damaged);
  x_own->damage_news.clear();
}

}  // namespace muniment
