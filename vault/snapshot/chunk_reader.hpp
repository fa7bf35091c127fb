// From a chunk's id to its plaintext, believing nothing on the way: the catalog only says where to
// look, the pack's own table confirms it, and the plaintext is hashed again.
#pragma once

#include <mutex>

#include "vault/catalog/catalog.hpp"
#include "vault/snapshot/access.hpp"
#include "vault/snapshot/chunk_opener.hpp"

namespace muniment {

// A catalog that several threads ask, one at a time.
struct SharedCatalog {
  Catalog& catalog;
  std::mutex mutex;
};

// What the catalog keeps of an opened pack.
[[nodiscard]] PackIndex index_of(const PackFacts& facts, const PackTable& table);

// Thread-safe. What it is given must outlive it.
class ChunkReader {
 public:
  ChunkReader(SharedCatalog& catalog, OpenPacks& packs, const IdKey& id_key)
      : x_catalog(catalog), x_packs(packs), x_id_key(id_key), x_opener(id_key) {}

  // The chunk with this id; of `length` bytes, if that is known. Error(damaged) says which pack
  // stands in the way and why, not for which file: the caller knows that.
  [[nodiscard]] ReadChunk read(const ChunkId& id, std::optional<std::uint32_t> length,
                               ChunkBuffer& buffer);

  // The only chunk of a file; `batch` is that of the snapshot, null if no depositor made it.
  [[nodiscard]] ReadChunk read(const Sha256Digest& sha256, std::uint32_t length,
                               ChunkBuffer& buffer, const Batch* batch = nullptr) {
    return read(id_of(sha256, batch), length, buffer);
  }

  // What the first place that opens has under this id, not compared with it: for who hashes the
  // whole file. Empty if there is none, or if its length is another one.
  [[nodiscard]] std::optional<ByteView> look(const ChunkId& id, std::uint32_t length,
                                             ChunkBuffer& buffer);

  // True if some pack's own table lists the whole chunk, or two packs its halves and they open to
  // it: what deduplication relies on. `packs` gets the packs that hold it. What depositors stored
  // does not count: their own ids say nothing of the collection's.
  [[nodiscard]] bool holds(const ChunkId& id, std::vector<PackId>& packs) {
    return holds(id, nullptr, packs);
  }
  // The same for the only chunk of a file of a snapshot, which may be a depositor's.
  [[nodiscard]] bool holds(const Sha256Digest& sha256, const Batch* batch = nullptr) {
    std::vector<PackId> packs;
    return holds(id_of(sha256, batch), batch, packs);
  }

 private:
  // Where the whole chunk lies: one frame, or two of which the first ends one pack and the second
  // begins another.
  struct Place {
    std::shared_ptr<const PackReader> first;
    std::uint32_t frame = 0;
    std::shared_ptr<const PackReader> second;  // null: whole in the first
    ChunkLocation first_location;
    ChunkLocation second_location;
  };
  // Why the last place that was tried gave nothing.
  struct Trouble {
    std::string pack;
    std::string_view cause = "not stored in any pack that is here";
  };

  [[nodiscard]] ChunkId id_of(const Sha256Digest& sha256, const Batch* batch) const {
    return chunk_id(batch != nullptr ? batch->id_key : x_id_key, sha256);
  }
  [[nodiscard]] bool holds(const ChunkId& id, const Batch* batch, std::vector<PackId>& packs);
  [[nodiscard]] std::vector<ChunkLocation> locate(const ChunkId& id);
  // Every place that the packs' own tables confirm.
  [[nodiscard]] std::vector<Place> places(const ChunkId& id,
                                          std::span<const ChunkLocation> locations, bool checked,
                                          Trouble& trouble);
  // The payload of the frame, or of both; empty if it is damaged.
  [[nodiscard]] static std::optional<ByteView> payload(const Place& place, ChunkBuffer& buffer);
  [[nodiscard]] std::optional<ReadChunk> open(const Place& place, ChunkBuffer& buffer);

  SharedCatalog& x_catalog;
  OpenPacks& x_packs;
  const IdKey& x_id_key;
  ChunkOpener x_opener;
};

// Reads chunks of one collection with packs of its own, opened as `access` says. What it is given
// must outlive it.
[[nodiscard]] std::shared_ptr<ChunkReader> open_chunks(const CollectionAccess& collection,
                                                       SharedCatalog& catalog,
                                                       const PackStore& store, PackAccess access,
                                                       Activity& activity);

}  // namespace muniment
