// The full tiles and entry bundles of a ledger, as files in C2SP tlog-tiles' layout below the
// ledger's directory. They are views of what the tails hold: what is missing or wrong is written
// anew. Partial ones are made on demand and never stored.
#pragma once

#include <functional>

#include "vault/ledger/ledger.hpp"
#include "vault/merkle/tile.hpp"

namespace muniment {

// A file of the layout and what belongs into it.
struct TileFile {
  std::string path;  // `tile/0/x001/234`
  Bytes content;
};

// A ledger, or what it is about to become.
struct TileSource {
  std::uint64_t size = 0;
  NodeReader nodes;
  std::function<std::string(std::uint64_t index)> entry;
};

// Calls `visit` with every full tile and bundle of `source` that its first `old_size` entries do
// not fill.
void for_each_full_tile(std::uint64_t old_size, const TileSource& source,
                        const std::function<void(const TileFile&)>& visit);

// Writes the file, and makes the directories that it needs below `directory`.
void write_tile(FileSystem& files, const Ledger::Path& directory, const TileFile& tile);

}  // namespace muniment
