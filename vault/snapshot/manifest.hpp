// A snapshot's list of files: records sorted by path bytes, cut into chunks at record boundaries,
// and the index chunk that heads them. FORMAT.md beside this file has the bytes.
#pragma once

#include <string>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/snapshot/about.hpp"
#include "vault/snapshot/entry.hpp"

namespace muniment {

// A random value that keeps the disclosure salts of two snapshots apart.
using SnapshotNonce = FixedBytes<struct SnapshotNonceTag, 32>;

// --- Records ---

// Appends the record of `entry`, whose path and targets are within limits::path_bytes_max and whose
// chunk list is within manifest_format::inline_chunks_max.
void encode_entry(const Entry& entry, Bytes& target);

// The entries of one manifest chunk. Empty unless `chunk` is whole, canonical records in ascending
// path order.
[[nodiscard]] std::optional<std::vector<Entry>> decode_entries(ByteView chunk);

// --- Chunk lists too long for a record ---

[[nodiscard]] Bytes encode_chunk_list(std::span<const ChunkRef> chunks);
[[nodiscard]] std::optional<std::vector<ChunkRef>> decode_chunk_list(ByteView bytes);

// --- Index ---

struct ManifestChunk {
  ChunkRef chunk;
  std::string first_path;

  friend bool operator==(const ManifestChunk&, const ManifestChunk&) = default;
};

// The plaintext of the index chunk: the snapshot's head, then its manifest chunks in order.
struct SnapshotIndex {
  SnapshotNonce nonce;
  Sha256Digest previous;  // leaf hash of this ledger's previous snapshot entry; zeros for the first
  std::uint32_t charter = 0;
  EpochCommitment epoch;
  Sha256Digest content_root;
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t links = 0;
  std::uint64_t bytes = 0;
  UnixSeconds created = 0;
  About about;
  std::vector<ManifestChunk> manifest;

  friend bool operator==(const SnapshotIndex&, const SnapshotIndex&) = default;
};

// True if an index can hold it: UTF-8, no empty key, nothing longer than 65,535 bytes.
[[nodiscard]] bool is_valid(const About& about) noexcept;

// `index.about` is valid. Error(limit) if it does not fit in a chunk.
[[nodiscard]] Bytes encode_index(const SnapshotIndex& index);
[[nodiscard]] std::optional<SnapshotIndex> decode_index(ByteView bytes);

// --- Cutting ---

// Collects records in path order and says where a manifest chunk ends: after a record whose keyed
// path hash says so, so that unchanged neighbourhoods give the same chunks in the next snapshot.
class ManifestCutter {
 public:
  explicit ManifestCutter(const ChunkerKey& key);

  // Adds a record; its path must be greater than the previous one. True if the chunk is complete.
  [[nodiscard]] bool add(const Entry& entry);

  [[nodiscard]] bool empty() const noexcept { return x_records.empty(); }

  struct Piece {
    Bytes records;
    std::string first_path;
  };
  // Takes what is collected and starts anew.
  [[nodiscard]] Piece take();

 private:
  ChunkerKey x_key;
  Bytes x_records;
  std::string x_first_path;
  std::string x_last_path;
};

}  // namespace muniment
