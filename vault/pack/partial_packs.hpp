// Packs that arrive in pieces, as from a partner: for each a file in tmp/ that will be the pack,
// and beside it which shards are in it for certain. Shards are proved against the pack's tile
// before they come here, and what an earlier process wrote is proved again before it is part of a
// pack. Layout: FORMAT.md §11.
#pragma once

#include <bitset>
#include <map>
#include <memory>

#include "vault/base/file.hpp"
#include "vault/pack/shard_blocks.hpp"
#include "vault/pack/tile.hpp"
#include "vault/store/directory_store.hpp"

namespace muniment {

using ShardSet = std::bitset<pack_format::shards>;

// Not thread-safe; one at a time for each vault. Needs no lock: nobody else touches these files,
// and a pack is the same whoever puts it into the store.
class PartialPacks {
 public:
  struct Partial {
    PackClass size_class = PackClass::mib16;
    PackTile tile;
    ShardSet shards;
  };

  // `directory` is the vault's tmp/; `files` must outlive this.
  PartialPacks(FileSystem& files, FileSystem::Path directory);

  // What an earlier process left: shards that are durable. Empty if nothing, or nothing of use.
  [[nodiscard]] std::optional<Partial> find(const PackId& pack) const;

  // Makes the files of a pack, or goes on with those that are there. The tile's root must be
  // `pack`.
  void begin(const PackId& pack, PackClass size_class, const PackTile& tile);
  // Writes whole shards, of a pack that was begun and does not end before them. If it throws, a
  // pack holds what it held after the last sync().
  void write(const PackId& pack, std::size_t first, ByteView shards);
  // Returns when all that was written is durable, and says so. Throws as write() does.
  void sync();
  // Ends a pack of which all shards were written; those that this object did not write are read and
  // proved. It is durable in the store when this returns; or else false, and nothing is left of it.
  [[nodiscard]] bool finish(const PackId& pack, DirectoryStore& store);
  // Removes what there is of a pack.
  void drop(const PackId& pack);

 private:
  struct Open {
    std::unique_ptr<File> file;
    std::unique_ptr<ShardBlocks> blocks;
    Partial partial;  // with shards that are only written
    ShardSet durable;
    ShardSet proved;  // written by us, and so as they came
  };

  [[nodiscard]] FileSystem::Path body_path(const PackId& pack) const;
  [[nodiscard]] FileSystem::Path shards_path(const PackId& pack) const;
  void sync(const PackId& pack, Open& open);
  // Opens the file that will be the pack, whatever was open before.
  void open_body(const PackId& pack, Open& open);
  // Does `step`, which writes or syncs. If it throws, only what is durable is there: what the
  // kernel still has of the rest is not known, and a sync is never tried twice.
  template <class Step>
  void changing(const PackId& pack, Open& open, Step step);
  [[nodiscard]] static bool is_whole(const Open& open);

  FileSystem& x_files;
  FileSystem::Path x_directory;
  std::map<PackId, Open> x_open;
};

// The file that says which shards are there.
[[nodiscard]] Bytes encode(const PartialPacks::Partial& partial);
// Empty unless `bytes` are exactly that of some partial pack.
[[nodiscard]] std::optional<PartialPacks::Partial> decode_partial(ByteView bytes);

}  // namespace muniment
