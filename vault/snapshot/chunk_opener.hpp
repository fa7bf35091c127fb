// From a frame's payload back to the chunk: decompress, hash, compare with the id.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "vault/codec/zstd.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/pack/reader.hpp"
#include "vault/snapshot/chunk_buffer.hpp"

namespace muniment {

// The plaintext stands in the ChunkBuffer into which the chunk was read.
struct ReadChunk {
  ByteView plaintext;
  Sha256Digest sha256;
  std::shared_ptr<const Batch> batch{};  // the depositor's whose id it has; null: the collection's
};

// Keeps the last few dictionaries that packs needed. Thread-safe.
class ChunkOpener {
 public:
  // `id_key` must outlive it.
  explicit ChunkOpener(const IdKey& id_key) noexcept : x_id_key(id_key) {}

  // The chunk that begins as this frame of `pack`; `payload` is all of it, also if the chunk was
  // cut and ends in another pack, and may stand in `buffer`. Empty if it does not have exactly the
  // length and the id that its entry says, or if the pack does not hold the dictionary that it
  // needs.
  [[nodiscard]] std::optional<ReadChunk> open(const PackReader& pack, std::size_t frame,
                                              ByteView payload, ChunkBuffer& buffer);
  // The same without comparing it with its id: for who hashes the whole of which it is a part.
  [[nodiscard]] std::optional<ByteView> decompress(const PackReader& pack, std::size_t frame,
                                                   ByteView payload, ChunkBuffer& buffer);

 private:
  using Dictionary = std::shared_ptr<const ZstdDictionary>;

  // Null if the pack does not hold it whole and sound.
  [[nodiscard]] Dictionary find_dictionary(const PackReader& pack, const ChunkId& id);
  [[nodiscard]] Dictionary read_dictionary(const PackReader& pack, const ChunkId& id);

  const IdKey& x_id_key;
  std::mutex x_mutex;
  std::map<ChunkId, Dictionary> x_dictionaries;
};

}  // namespace muniment
