#include "vault/pack/heal.hpp"

#include "vault/pack/parity.hpp"
#include "vault/pack/tile.hpp"

namespace muniment {

namespace {

using pack_format::parity_shards;
using pack_format::shards;
using Indices = std::vector<std::size_t>;

// A file taken for a pack of one class.
struct Reading {
  PackClass size_class;
  Bytes file;                // cut or filled up with zeros to the size that it should have
  std::size_t shards_here;   // the others are missing
  std::size_t entries_here;  // of the tile
  PackTile computed;         // from the shards
  PackTile stored;
  Indices doubtful;  // where shard and tile entry disagree, or one of them is missing

  [[nodiscard]] bool has_shard(std::size_t i) const noexcept { return i < shards_here; }
  [[nodiscard]] bool has_entry(std::size_t i) const noexcept { return i < entries_here; }
};

// The id of the file, if all its shards are what its own tile says.
std::optional<PackId> intact_id(ByteView file) {
  const auto size_class = pack_class_of_file(file.size());
  if (!size_class) return std::nullopt;
  const std::size_t body = body_bytes(*size_class);
  const PackTile tile = hash_shards(file.first(body));
  if (tile != decode_pack_tile(file.subspan(body))) return std::nullopt;
  return pack_id(tile);
}

Reading read_as(PackClass size_class, ByteView file) {
  const std::size_t body = body_bytes(size_class);
  const ByteView used = file.first(std::min(file.size(), file_bytes(size_class)));
  const ByteView tile = used.subspan(std::min(used.size(), body));
  Reading reading{.size_class = size_class,
                  .file = Bytes(used.begin(), used.end()),
                  .shards_here = std::min(used.size() / shard_bytes(size_class), shards),
                  .entries_here = tile.size() / Sha256Digest::size,
                  .computed = {},
                  .stored = {},
                  .doubtful = {}};
  reading.file.resize(file_bytes(size_class));
  reading.computed = hash_shards(ByteView(reading.file).first(body));
  reading.stored = decode_pack_tile(ByteView(reading.file).subspan(body));
  for (std::size_t i = 0; i < shards; ++i) {
    if (!reading.has_shard(i) || !reading.has_entry(i) ||
        reading.computed[i] != reading.stored[i]) {
      reading.doubtful.push_back(i);
    }
  }
  return reading;
}

// The shards to rebuild from the others, in the hope that this gives the pack `id`. Where few are
// doubtful, all of them. Where many are, the tile has suffered, and most of the shards are as good
// as they seem: then missing ones, or the first few and last few doubtful ones, since damage to the
// tile comes in one run.
std::optional<Indices> choose_lost(const Reading& reading, const PackId& id) {
  const Indices& doubtful = reading.doubtful;
  if (doubtful.size() <= parity_shards) return doubtful;
  if (reading.shards_here < shards) {
    if (shards - reading.shards_here > parity_shards) return std::nullopt;
    return Indices(doubtful.end() - static_cast<std::ptrdiff_t>(shards - reading.shards_here),
                   doubtful.end());
  }
  for (std::size_t count = 0; count <= parity_shards; ++count) {
    for (std::size_t first = 0; first <= count; ++first) {
      const auto front = doubtful.begin() + static_cast<std::ptrdiff_t>(first);
      const auto back = doubtful.end() - static_cast<std::ptrdiff_t>(count - first);
      Indices lost(doubtful.begin(), front);
      lost.insert(lost.end(), back, doubtful.end());
      PackTile tile = reading.computed;
      for (const std::size_t i : lost) tile[i] = reading.stored[i];
      if (pack_id(tile) == id) return lost;
    }
  }
  return std::nullopt;
}

// Empty unless rebuilding these shards gives the pack `id`.
std::optional<PackExamination> rebuild(const Reading& reading, const Indices& lost,
                                       const PackId& id) {
  PackExamination result{.condition = PackCondition::healable,
                         .damaged_shards = {},
                         .damaged_tile_entries = {},
                         .other = std::nullopt,
                         .healed = reading.file};
  const MutableByteView healed = result.healed;
  const MutableByteView body = healed.first(body_bytes(reading.size_class));
  rebuild_shards(body, lost);
  PackTile tile = reading.computed;
  for (const std::size_t i : lost) tile[i] = hash_shard(body, i);
  if (pack_id(tile) != id) return std::nullopt;
  encode_pack_tile(tile, healed.subspan(body.size()));
  for (std::size_t i = 0; i < shards; ++i) {
    if (!reading.has_shard(i) || tile[i] != reading.computed[i]) result.damaged_shards.push_back(i);
    if (!reading.has_entry(i) || tile[i] != reading.stored[i]) {
      result.damaged_tile_entries.push_back(i);
    }
  }
  return result;
}

PackExamination examine_as(PackClass size_class, ByteView file, const PackId& id) {
  const Reading reading = read_as(size_class, file);
  if (const auto lost = choose_lost(reading, id)) {
    if (auto healable = rebuild(reading, *lost, id)) return std::move(*healable);
  }
  PackExamination result;
  if (pack_id(reading.stored) == id) result.damaged_shards = reading.doubtful;
  return result;
}

}  // namespace

PackExamination examine_pack(ByteView file, const PackId& id) {
  PackExamination result;
  if (const auto own = intact_id(file)) {
    if (*own == id) {
      result.condition = PackCondition::intact;
    } else {
      result.other = own;
    }
    return result;
  }
  // Most likely the file still has its length.
  const auto size_class = pack_class_of_file(file.size());
  if (size_class) {
    result = examine_as(*size_class, file, id);
    if (result.condition != PackCondition::lost) return result;
  }
  for (const PackClass other : pack_classes) {
    // Fewer shards than carry data cannot be made up for.
    if (file.size() < data_bytes(other)) break;
    if (other == size_class) continue;
    PackExamination taken_so = examine_as(other, file, id);
    if (taken_so.condition != PackCondition::lost) return taken_so;
  }
  return result;
}

}  // namespace muniment
