#include "vault/audit/tile_store.hpp"

#include <set>

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/tiles.hpp"

namespace muniment {

namespace {

constexpr std::size_t tile_bytes = std::size_t{tile_width_max} * Sha256Digest::size;
constexpr std::size_t bundle_bytes_max =
    std::size_t{tile_width_max} * (2 + limits::ledger_entry_bytes_max);

[[noreturn]] void throw_damaged(const std::string& path) {
  throw Error(ErrorCode::damaged,
              std::string(access_log_label) + ": " + path + ": missing or not whole",
              "put it back from a copy of the vault; what comes later is not concerned");
}

}  // namespace

void TileStore::write_full() const {
  const TileSource source{x_tail.size(), nodes(), [this](std::uint64_t index) {
                            return x_tail.entries.at(index - x_tail.base);
                          }};
  // For a ledger these are views; here nothing else will hold the entries, so that the folders they
  // stand in must not be lost either.
  std::set<FileSystem::Path> folders;
  for_each_full_tile(x_tail.base, source, [&](const TileFile& file) {
    write_tile(x_files, x_directory, file);
    FileSystem::Path folder = FileSystem::Path(file.path).parent_path();
    for (; !folder.empty(); folder = folder.parent_path()) folders.insert(x_directory / folder);
  });
  for (const FileSystem::Path& folder : folders) x_files.sync_directory(folder);
  x_files.sync_directory(x_directory);
}

std::vector<Bytes> TileStore::bundle(std::uint64_t index) const {
  const std::string path = encode_path(BundleId{.index = index});
  const auto bytes = read_file(x_files, x_directory / path, bundle_bytes_max);
  auto entries = bytes ? decode_bundle(*bytes, tile_width_max) : std::nullopt;
  if (!entries) throw_damaged(path);
  return std::move(*entries);
}

NodeReader TileStore::nodes() const {
  return nodes_from_tiles(x_tail.size(), [this](const TileId& id) { return tile(id); });
}

std::optional<std::vector<Sha256Digest>> TileStore::find(const TileId& tile) const {
  const auto bytes = read_file(x_files, x_directory / encode_path(tile), tile_bytes);
  return bytes ? decode_tile(*bytes, tile_width_max) : std::nullopt;
}

// What is not kept as a file is made from the level below; at most eight levels.
// NOLINTNEXTLINE(misc-no-recursion)
std::vector<Sha256Digest> TileStore::tile(const TileId& id) const {
  const std::uint64_t first = id.index * tile_width_max;
  if (id.level == 0 && first >= x_tail.base) {
    std::vector<Sha256Digest> leaves;
    for (std::uint64_t i = 0; i < id.width; ++i) {
      leaves.push_back(leaf_hash(as_bytes(x_tail.entries.at(first + i - x_tail.base))));
    }
    return leaves;
  }
  if (id.width == tile_width_max) {
    if (auto found = find(id)) return std::move(*found);
  }
  if (id.level == 0) throw_damaged(encode_path(id));
  std::vector<Sha256Digest> hashes;
  for (std::uint64_t i = 0; i < id.width; ++i) {
    hashes.push_back(merkle_root(tile({.level = id.level - 1, .index = first + i})));
  }
  return hashes;
}

}  // namespace muniment
