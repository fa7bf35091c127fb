// From a chunk's plaintext to what is stored of it: hash, address, deduplicate, compress, check.
#pragma once

#include <mutex>
#include <set>
#include <unordered_set>

#include "vault/snapshot/chunk_reader.hpp"
#include "vault/snapshot/dictionary_trainer.hpp"

namespace muniment {

struct TakenChunk {
  ChunkRef ref;
  Sha256Digest sha256;
  std::optional<NewChunk> stored;  // empty if the vault, or this ingest, has the chunk already
};

// Which chunks need not be stored again. Thread-safe.
class KnownChunks {
 public:
  explicit KnownChunks(ChunkReader& stored) : x_stored(stored) {}

  // True for exactly one of those who ask for a chunk that is not stored: that one must store it.
  [[nodiscard]] bool claim(const ChunkId& id);

  // True if the chunk need not be stored again, by anybody.
  [[nodiscard]] bool is_stored(const ChunkId& id);

  // The chunks can now be found through the catalog.
  void settled(std::span<const ChunkId> ids);

  // The packs of chunks that were found stored.
  [[nodiscard]] std::set<PackId> packs_used() const;

 private:
  // Asks the packs, and notes which ones it takes.
  [[nodiscard]] bool find_stored(const ChunkId& id);

  ChunkReader& x_stored;
  mutable std::mutex x_mutex;
  std::unordered_set<ChunkId> x_claimed;
  std::set<PackId> x_packs_used;
};

// One thread at a time; each thread of a pipeline has its own.
class ChunkIntake {
 public:
  // All must outlive it. `level` is zstd's for what goes without a dictionary.
  ChunkIntake(KnownChunks& known, DictionaryTrainer& trainer, const IdKey& id_key, int level);

  // `plaintext` has 1 to limits::chunk_bytes_max bytes. `try_zstd` is false for what is compressed
  // already. Error(io) if what was compressed does not decompress to the same bytes: this machine
  // is broken.
  [[nodiscard]] TakenChunk take(FrameType type, ByteView plaintext, bool try_zstd);

 private:
  [[nodiscard]] NewChunk encode(FrameType type, const ChunkRef& ref, ByteView plaintext,
                                bool try_zstd);
  // What is not shorter than `plaintext` is not checked.
  [[nodiscard]] Bytes compress_and_check(ByteView plaintext, const ZstdDictionary* dictionary);

  KnownChunks& x_known;
  DictionaryTrainer& x_trainer;
  const IdKey& x_id_key;
  int x_level;
  ZstdCompressor x_compressor;
  ZstdDecompressor x_decompressor;
  Bytes x_check;
};

}  // namespace muniment
