// The full tiles and bundles of an access log, from which entries are read that left the tail.
#pragma once

#include "vault/audit/tail.hpp"
#include "vault/merkle/tile.hpp"

namespace muniment {

// `files` and `tail` must outlive it. Const members are thread-safe.
class TileStore {
 public:
  TileStore(FileSystem& files, FileSystem::Path directory, const AccessTail& tail)
      : x_files(files), x_directory(std::move(directory)), x_tail(tail) {}

  // Writes the tiles and bundles that are full and that the tail still holds.
  void write_full() const;

  // The bundle that left the tail. Error(damaged) if it is not there or not whole; that its entries
  // are those of the log is for the caller to check.
  [[nodiscard]] std::vector<Bytes> bundle(std::uint64_t index) const;

  // Reads nodes of the log, from tiles or from the tail. Believes the tiles.
  [[nodiscard]] NodeReader nodes() const;

  // A full tile's file, if it is there and has 256 hashes.
  [[nodiscard]] std::optional<std::vector<Sha256Digest>> find(const TileId& tile) const;

 private:
  [[nodiscard]] std::vector<Sha256Digest> tile(const TileId& tile) const;

  FileSystem& x_files;
  FileSystem::Path x_directory;
  const AccessTail& x_tail;
};

}  // namespace muniment
