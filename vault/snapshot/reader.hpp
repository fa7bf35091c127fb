// The one class through which plaintext leaves a vault.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "vault/audit/journal.hpp"
#include "vault/base/activity.hpp"
#include "vault/base/spares.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/snapshot/about.hpp"
#include "vault/snapshot/chunk_buffer.hpp"
#include "vault/snapshot/entry.hpp"
#include "vault/snapshot/manifest.hpp"

namespace muniment {

class ChunkReader;

// Reads one snapshot. Entries come in path order (bytewise). Every byte handed out was
// authenticated: each chunk against its id, each file against its SHA-256. Damage is healed in
// memory from parity where it can be, and said to the Activity; where it cannot, Error(damaged)
// names snapshot, path and pack. Thread-safe: any number of threads may call any member at once.
class Reader {
 public:
  // `name` is what messages call the snapshot; `permit` says that the access log knows of this;
  // `batch` is the depositor's who made it, or null.
  Reader(std::string name, SnapshotIndex index, std::shared_ptr<ChunkReader> chunks,
         std::shared_ptr<AccessPermit> permit, std::shared_ptr<const Batch> batch);
  ~Reader();

  [[nodiscard]] const std::string& name() const noexcept { return x_name; }
  [[nodiscard]] const SnapshotIndex& index() const noexcept { return x_index; }
  // What the snapshot's ids and seeds follow from, if a depositor made it; else null.
  [[nodiscard]] const Batch* batch() const noexcept { return x_batch.get(); }

  // The entry at exactly this path.
  [[nodiscard]] std::optional<Entry> find(std::string_view path) const;

  // The entry at `path` and, if that is a directory, all below it; everything for an empty path.
  // The visitor returns false to stop. Error(not_found) if nothing is there.
  void visit(std::string_view path, const std::function<bool(const Entry&)>& visitor) const;

  // Hands the file's bytes to `sink` in order, a chunk at a time. `entry` must be a file of this
  // snapshot.
  void read(const Entry& entry, const std::function<void(ByteView)>& sink) const;

  // True if the file's chunks, read as they come, give its SHA-256: all that read would find, at
  // one hash less. False, whatever the cause, calls for read, which heals and says what is wrong.
  [[nodiscard]] bool matches(const Entry& entry) const;

  // The entries of one manifest chunk of index().
  [[nodiscard]] std::vector<Entry> entries(const ManifestChunk& piece) const;
  // The manifest chunk in which `path` stands if it stands in any; null for an empty snapshot.
  [[nodiscard]] const ManifestChunk* piece_of(std::string_view path) const;

  // Calls `visitor` with each chunk of a file that has several, in order, until that returns false.
  // `buffer` is for lists of chunks. Error(damaged) if one cannot be read.
  void visit_chunks(const Entry& entry, ChunkBuffer& buffer,
                    const std::function<bool(const ChunkRef&)>& visitor) const;

 private:
  [[nodiscard]] bool is_last(const ManifestChunk& piece) const noexcept {
    return &piece == &x_index.manifest.back();
  }

  std::string x_name;
  SnapshotIndex x_index;
  std::shared_ptr<ChunkReader> x_chunks;
  std::shared_ptr<AccessPermit> x_permit;
  std::shared_ptr<const Batch> x_batch;
  mutable Spares<ChunkBuffer> x_buffers;
};

// The one at exactly this path among entries in path order; null if there is none.
[[nodiscard]] const Entry* find_entry(std::span<const Entry> entries, std::string_view path);

// The reader of the snapshot whose index chunk is `index`. Error(damaged) if that cannot be read.
[[nodiscard]] std::unique_ptr<Reader> open_snapshot(std::string name, const ChunkId& index,
                                                    std::shared_ptr<ChunkReader> chunks,
                                                    std::shared_ptr<AccessPermit> permit);

}  // namespace muniment
