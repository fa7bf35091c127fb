#include "vault/snapshot/chunk_reader.hpp"

namespace muniment {

PackIndex index_of(const PackFacts& facts, const PackTable& table) {
  PackIndex index{facts, {}};
  index.chunks.reserve(table.frames.size());
  for (const FrameEntry& entry : table.frames) index.chunks.push_back(entry.chunk);
  return index;
}

std::vector<ChunkLocation> ChunkReader::locate(const ChunkId& id) {
  const std::lock_guard lock(x_catalog.mutex);
  return x_catalog.catalog.find_chunk(id);
}

std::vector<ChunkReader::Place> ChunkReader::places(const ChunkId& id,
                                                    std::span<const ChunkLocation> locations,
                                                    bool checked, Trouble& trouble) {
  std::vector<Place> places;
  std::vector<Place> beginnings;
  std::vector<Place> ends;
  for (const ChunkLocation& location : locations) {
    const OpenPacks::Result result = checked ? x_packs.open_checked(location.pack, location.epoch)
                                             : x_packs.open(location.pack, location.epoch);
    if (const auto* fault = std::get_if<PackFault>(&result)) {
      trouble = {location.pack.hex(), to_text(*fault)};
      continue;
    }
    const auto& reader = std::get<std::shared_ptr<const PackReader>>(result);
    const bool confirmed =
        location.frame < reader->table().frames.size() && reader->entry(location.frame).chunk == id;
    if (!confirmed) continue;
    const FramePart part = frame_part(reader->head(), location.frame);
    auto& kind = part == FramePart{} ? places : part.before == 0 ? beginnings : ends;
    kind.push_back({reader, location.frame, nullptr, location, {}});
  }
  for (const Place& beginning : beginnings) {
    for (const Place& end : ends) {
      Place& joined = places.emplace_back(beginning);
      joined.second = end.first;
      joined.second_location = end.first_location;
    }
  }
  return places;
}

std::optional<ReadChunk> ChunkReader::open(const Place& place) {
  std::optional<Bytes> payload =
      place.second ? join_parts(*place.first, *place.second) : place.first->read_frame(place.frame);
  if (!payload) return std::nullopt;
  return x_opener.open(*place.first, place.frame, std::move(*payload));
}

ReadChunk ChunkReader::read(const ChunkId& id, std::optional<std::uint32_t> length) {
  const std::vector<ChunkLocation> locations = locate(id);
  Trouble trouble;
  for (const bool checked : {false, true}) {
    for (const Place& place : places(id, locations, checked, trouble)) {
      std::optional<ReadChunk> chunk = open(place);
      if (chunk && chunk->plaintext.size() == length.value_or(chunk->plaintext.size()))
        return std::move(*chunk);
      // Of a chunk that was cut, the half that does not open is to blame.
      const bool second = place.second && place.first->read_frame(place.frame);
      const ChunkLocation& at = second ? place.second_location : place.first_location;
      trouble = {at.pack.hex(), to_text(PackFault::damaged)};
    }
  }
  const std::string object = trouble.pack.empty() ? "chunk " + id.hex() : "pack " + trouble.pack;
  throw Error(ErrorCode::damaged, object + ": " + std::string(trouble.cause),
              "run 'muniment repair', or fetch the pack from a partner or a backup");
}

bool ChunkReader::holds(const ChunkId& id, std::vector<PackId>& packs) {
  Trouble trouble;
  std::vector<ChunkLocation> locations = locate(id);
  std::erase_if(locations, [](const ChunkLocation& location) { return location.lost; });
  for (const Place& place : places(id, locations, false, trouble)) {
    if (place.second && !open(place)) continue;
    packs.push_back(place.first_location.pack);
    if (place.second) packs.push_back(place.second_location.pack);
    return true;
  }
  return false;
}

std::shared_ptr<ChunkReader> open_chunks(const CollectionAccess& collection, SharedCatalog& catalog,
                                         const PackStore& store, PackAccess access,
                                         Activity& activity) {
  // Six full packs, or the tables of some 400.
  constexpr std::size_t whole_packs_bytes = 6 * 17 * limits::mib;
  constexpr std::size_t tables_bytes = 64 * limits::mib;
  struct PacksAndChunks {
    PacksAndChunks(const CollectionAccess& collection, SharedCatalog& catalog,
                   const PackStore& store, PackAccess access, Activity& activity)
        : packs(store, collection.epoch_secrets, access,
                access == PackAccess::ranges ? tables_bytes : whole_packs_bytes, activity),
          chunks(catalog, packs, collection.keys->id_key) {}

    OpenPacks packs;
    ChunkReader chunks;
  };
  const auto both = std::make_shared<PacksAndChunks>(collection, catalog, store, access, activity);
  return {both, &both->chunks};
}

}  // namespace muniment
