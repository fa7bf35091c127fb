// From a frame's payload back to the chunk: decompress, hash, compare with the id.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "vault/codec/zstd.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/pack/reader.hpp"

namespace muniment {

struct ReadChunk {
  Bytes plaintext;
  Sha256Digest sha256;
};

// Keeps the last few dictionaries that packs needed. Thread-safe.
class ChunkOpener {
 public:
  // `id_key` must outlive it.
  explicit ChunkOpener(const IdKey& id_key) noexcept : x_id_key(id_key) {}

  // The chunk that begins as this frame of `pack`; `payload` is all of it, also if the chunk was
  // cut and ends in another pack. Empty if it does not have exactly the length and the id that its
  // entry says, or if the pack does not hold the dictionary that it needs.
  [[nodiscard]] std::optional<ReadChunk> open(const PackReader& pack, std::size_t frame,
                                              Bytes payload);

 private:
  using Dictionary = std::shared_ptr<const ZstdDictionary>;

  [[nodiscard]] std::optional<Bytes> decompress(const PackReader& pack, const Codec& codec,
                                                Bytes payload, std::uint32_t length);
  [[nodiscard]] std::optional<ReadChunk> check(Bytes plaintext, const ChunkId& id) const;
  // Null if the pack does not hold it whole and sound.
  [[nodiscard]] Dictionary find_dictionary(const PackReader& pack, const ChunkId& id);
  [[nodiscard]] Dictionary read_dictionary(const PackReader& pack, const ChunkId& id);

  const IdKey& x_id_key;
  std::mutex x_mutex;
  std::map<ChunkId, Dictionary> x_dictionaries;
};

}  // namespace muniment
