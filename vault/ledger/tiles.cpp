#include "vault/ledger/tiles.hpp"

namespace muniment {

namespace {

Bytes bundle_content(const BundleId& bundle, const TileSource& source) {
  std::vector<Bytes> entries;
  for (std::uint64_t i = 0; i < bundle.width; ++i) {
    entries.push_back(to_bytes(source.entry(bundle.index * tile_width_max + i)));
  }
  return encode_bundle(entries);
}

}  // namespace

void for_each_full_tile(std::uint64_t old_size, const TileSource& source,
                        const std::function<void(const TileFile&)>& visit) {
  for (const TileId& tile : tiles_added(old_size, source.size)) {
    if (tile.width != tile_width_max) continue;
    visit({encode_path(tile), encode_tile(tile_hashes(tile, source.nodes))});
    if (tile.level != 0) continue;
    const BundleId bundle{.index = tile.index};
    visit({encode_path(bundle), bundle_content(bundle, source)});
  }
}

void write_tile(FileSystem& files, const Ledger::Path& directory, const TileFile& tile) {
  const Ledger::Path relative = tile.path;
  Ledger::Path parent = directory;
  for (const Ledger::Path& part : relative.parent_path()) {
    parent /= part;
    files.make_directory(parent);
  }
  write_file_atomically(files, directory / relative, tile.content);
}

}  // namespace muniment
