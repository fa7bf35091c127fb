// What the snapshot before holds under the same paths. A large file that did not change is then
// hashed once, and neither cut nor looked up by its content a second time.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "vault/snapshot/chunk_intake.hpp"
#include "vault/snapshot/reader.hpp"

namespace muniment {

// One thread.
class KnownFiles {
 public:
  // All must outlive it.
  KnownFiles(const Reader& previous, KnownChunks& chunks, const IdKey& id_key)
      : x_previous(previous), x_chunks(chunks), x_id_key(id_key) {}

  // The file that stood at `path`, if it had `size` bytes (not 0) and the new snapshot may use all
  // its chunks as they are stored. Only its SHA-256 says whether it is still the same.
  // Empty, too, where the list of files cannot be read. Paths should ascend: the list is opened
  // piece by piece.
  [[nodiscard]] std::optional<Entry> find(std::string_view path, std::uint64_t size);

 private:
  void open_piece_of(std::string_view path);
  [[nodiscard]] bool is_stored(const Entry& entry);

  const Reader& x_previous;
  KnownChunks& x_chunks;
  const IdKey& x_id_key;
  const ManifestChunk* x_piece = nullptr;
  std::vector<Entry> x_entries;  // of that piece
};

}  // namespace muniment
