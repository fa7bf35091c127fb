// Makes zstd dictionaries for small chunks from those that an ingest stored before them. Only what
// the ingest stores goes in, so a dictionary tells nothing that the snapshot does not hold.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "vault/crypto/keys.hpp"
#include "vault/snapshot/new_chunk.hpp"

namespace muniment {

// A dictionary, as it is stored and as it is used.
struct TrainedDictionary {
  NewChunk chunk;
  ZstdDictionary prepared;
  int level = 0;  // at which it compresses
};

// Files that lie together are alike, and what is alike changes along the way: a new dictionary is
// made early, and then again from time to time, of samples from the last stretch and from all that
// came before. Thread-safe; it never waits for the thread that is training.
class DictionaryTrainer {
 public:
  // Beyond this length a dictionary saves next to nothing.
  static constexpr std::size_t chunk_bytes_max = 128 * limits::kib;

  // `id_key` must outlive it.
  DictionaryTrainer(const IdKey& id_key, int level);

  // What to compress the next small chunk with; null if nothing was trained yet.
  [[nodiscard]] std::shared_ptr<const TrainedDictionary> current() const;

  // Takes a sample of a chunk, of at most chunk_bytes_max bytes, that is stored and can be
  // compressed. Now and then, trains (some 50 ms).
  void sample(ByteView chunk);

 private:
  // Every chunk offered is as likely as any other to be among the samples.
  class Reservoir {
   public:
    void offer(ByteView chunk, std::minstd_rand& random);
    void clear();
    void append_to(std::vector<Bytes>& samples) const;

   private:
    std::vector<Bytes> x_samples;
    std::size_t x_offered = 0;
  };

  // The samples, if it is time to train.
  [[nodiscard]] std::vector<Bytes> take_samples(ByteView chunk);
  [[nodiscard]] std::shared_ptr<const TrainedDictionary> train(
      const std::vector<Bytes>& samples) const;

  const IdKey& x_id_key;
  int x_level;
  mutable std::mutex x_mutex;
  std::minstd_rand x_random;  // which samples: nothing depends on its being unpredictable
  Reservoir x_recent;
  Reservoir x_all;
  std::uint64_t x_bytes = 0;  // since the last training
  std::uint64_t x_bytes_wanted;
  std::shared_ptr<const TrainedDictionary> x_current;
};

}  // namespace muniment
