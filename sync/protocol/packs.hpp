// What sync needs of a replica's packs, whole and partial.
#pragma once

#include <bitset>

#include "sync/protocol/message.hpp"

namespace muniment::sync {

// A pack as a ledger lists it. Ledgers that list one pack may differ about its size, and about the
// collection under which it can be asked for, since one of them may lie: so each way is wanted by
// itself.
struct WantedPack {
  PackId pack;
  CollectionId collection;
  std::uint8_t size_class = 0;

  [[nodiscard]] PackName name() const { return {collection, pack}; }
  friend auto operator<=>(const WantedPack&, const WantedPack&) = default;
};

using ShardSet = std::bitset<shards_in_pack>;

struct PartialPack {
  Tile tile;
  ShardSet held;  // proved, and durable
};

// Used by one thread. What makes a change throws Error(io) if it cannot.
class Packs {
 public:
  virtual ~Packs() = default;

  // At most `count` of what held ledgers list and the store lacks, in ascending order from the
  // first above `after` on.
  [[nodiscard]] virtual std::vector<WantedPack> wanted(const WantedPack& after,
                                                       std::size_t count) const = 0;
  // Whether a held ledger of the collection lists it.
  [[nodiscard]] virtual bool is_listed(const PackName& name) const = 0;

  // Of whole packs; empty if there is none, or it cannot be read.
  [[nodiscard]] virtual std::optional<std::uint8_t> find_class(const PackId& pack) const = 0;
  [[nodiscard]] virtual std::optional<Tile> find_tile(const PackId& pack) const = 0;
  [[nodiscard]] virtual std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                         std::size_t count) const = 0;

  // What an earlier session or process left of a pack.
  [[nodiscard]] virtual std::optional<PartialPack> find_partial(const PackId& pack) const = 0;
  // Makes room for a pack whose tile's hashes were proved. That its size is right is shown by the
  // first shard that is written. Returns the shards that are there already: those of a damaged pack
  // that are what they were.
  [[nodiscard]] virtual ShardSet begin(const PackId& pack, const Tile& tile) = 0;
  // Writes shards that were proved, of a pack that was begun.
  virtual void write(const PackId& pack, std::size_t first, ByteView shards) = 0;
  // What was written is durable and will be found again.
  virtual void sync() = 0;
  // All shards were written; those of an earlier process are read and proved again. The pack is
  // stored, durably, or else false: the partial pack is gone.
  [[nodiscard]] virtual bool finish(const PackId& pack) = 0;
  // Gives a partial pack up.
  virtual void drop(const PackId& pack) = 0;

  // A whole pack turned out to be damaged: it is wanted again.
  virtual void note_damaged(const PackId& pack) = 0;
};

}  // namespace muniment::sync
