#include "vault/snapshot/chunk_reader.hpp"

#include <cstring>

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

std::optional<ByteView> ChunkReader::payload(const Place& place, ChunkBuffer& buffer) {
  if (place.second) {
    const std::optional<Bytes> joined = join_parts(*place.first, *place.second);
    if (!joined) return std::nullopt;
    const MutableByteView target = buffer.payload(joined->size());
    std::memcpy(target.data(), joined->data(), joined->size());
    return target;
  }
  const MutableByteView target = buffer.payload(place.first->entry(place.frame).stored_bytes);
  if (!place.first->read_frame(place.frame, target)) return std::nullopt;
  return target;
}

std::optional<ReadChunk> ChunkReader::open(const Place& place, ChunkBuffer& buffer) {
  const auto sealed = payload(place, buffer);
  if (!sealed) return std::nullopt;
  return x_opener.open(*place.first, place.frame, *sealed, buffer);
}

std::optional<ByteView> ChunkReader::look(const ChunkId& id, std::uint32_t length,
                                          ChunkBuffer& buffer) {
  Trouble ignored;
  for (const Place& place : places(id, locate(id), false, ignored)) {
    const auto sealed = payload(place, buffer);
    if (!sealed) continue;
    const auto found = x_opener.decompress(*place.first, place.frame, *sealed, buffer);
    if (found && found->size() == length) return found;
  }
  return std::nullopt;
}

ReadChunk ChunkReader::read(const ChunkId& id, std::optional<std::uint32_t> length,
                            ChunkBuffer& buffer) {
  const std::vector<ChunkLocation> locations = locate(id);
  Trouble trouble;
  for (const bool checked : {false, true}) {
    for (const Place& place : places(id, locations, checked, trouble)) {
      const std::optional<ReadChunk> chunk = open(place, buffer);
      if (chunk && chunk->plaintext.size() == length.value_or(chunk->plaintext.size()))
        return *chunk;
      // Of a chunk that was cut, the half that does not open is to blame.
      const bool second = place.second && place.first->read_frame(place.frame);
      const ChunkLocation& at = second ? place.second_location : place.first_location;
      trouble = {at.pack.hex(), to_text(PackFault::damaged)};
    }
  }
  const std::string object = trouble.pack.empty() ? "chunk " + id.hex() : "pack " + trouble.pack;
  throw Error(ErrorCode::damaged, object + ": " + std::string(trouble.cause),
              trouble.pack.empty()
                  ? "fetch the pack from a partner or a backup; if this device has the collection "
                    "without its history, have the files taken in again: what was stored before is "
                    "then stored for it, too"
                  : "run 'muniment repair', or fetch the pack from a partner or a backup");
}

bool ChunkReader::holds(const ChunkId& id, const Batch* batch, std::vector<PackId>& packs) {
  Trouble trouble;
  std::vector<ChunkLocation> locations = locate(id);
  std::erase_if(locations, [](const ChunkLocation& location) { return location.lost; });
  for (const Place& place : places(id, locations, false, trouble)) {
    const bool same_kind = (place.first->table().batch != nullptr) == (batch != nullptr);
    ChunkBuffer buffer;
    if (!same_kind || (place.second && !open(place, buffer))) continue;
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
