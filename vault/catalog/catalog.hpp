// The catalog: makes what the vault holds findable without opening every pack. A cache, and nothing
// but: it is rebuilt from verified ledgers and opened packs whenever it is missing or does not fit,
// and what it says is confirmed against them. Tables: schema.sql; file: FORMAT.md.
#pragma once

#include <set>
#include <span>

#include "vault/base/file.hpp"
#include "vault/catalog/records.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/sql/database.hpp"
#include "vault/sql/statement.hpp"
#include "vault/sql/transaction.hpp"

namespace muniment {

// The vault that a catalog was made for.
struct CatalogOwner {
  VaultId vault;
  ConsortiumId consortium;

  friend bool operator==(const CatalogOwner&, const CatalogOwner&) = default;
};

enum class CatalogState {
  current,    // ours; what the ledgers have past its heads remains to be replayed
  absent,     // there is no such file
  outdated,   // made by another version of the schema
  foreign,    // made for another vault or consortium
  wrong_key,  // sealed with another key (or its first 16 bytes are damaged)
  damaged,    // its first pages are not what was written; damage elsewhere shows when it is read
};

struct CatalogOpening;

// One thread at a time; a thread that wants to read meanwhile opens another (under a millisecond).
// Every failure is an Error as in vault/sql/database.hpp; after Error(damaged) the catalog should
// be created anew.
class Catalog {
 public:
  using Path = std::filesystem::path;

  // Opens what is there, without changing anything. In every state but `current` the way on is
  // create().
  [[nodiscard]] static CatalogOpening open(const Path& path, const CatalogKey& key,
                                           const CatalogOwner& owner, DatabaseAccess access);

  // An empty catalog in place of whatever is there: built beside it as `<path>.new`, then renamed,
  // so that after a crash there is the old one, none, or the new one. Only under the vault's lock
  // and with no Catalog open on `path` in this process; in another, who has the old one open goes
  // on reading that.
  [[nodiscard]] static Catalog create(FileSystem& files, const Path& path, const CatalogKey& key,
                                      const CatalogOwner& owner, Random& random);

  // Changes, all or nothing: see below. One at a time.
  class Update;
  [[nodiscard]] Update update();

  [[nodiscard]] std::optional<LedgerHead> find_head(const LedgerId& ledger);
  [[nodiscard]] std::vector<LedgerHead> heads();
  // Whose keys were at hand when the ledgers were replayed up to there.
  [[nodiscard]] std::set<EpochCommitment> epochs();

  [[nodiscard]] std::optional<CatalogPack> find_pack(const PackId& pack);
  // Sorted by id.
  [[nodiscard]] std::vector<CatalogPack> packs();
  // A pack may be listed by several ledgers: each lists what its own snapshots need.
  [[nodiscard]] bool lists(const LedgerId& ledger, const PackId& pack);

  // Frames of indexed packs that may hold the chunk, and nearly always do: 64 bits of the id are
  // compared, so the caller confirms it against the pack's own table, and for deduplication takes
  // only epochs that every reader holds. Two frames of a chunk that two packs share are two
  // locations. Empty: not stored.
  [[nodiscard]] std::vector<ChunkLocation> find_chunk(const ChunkId& chunk);

  // Sorted by number, then device, ledger and entry: a lying device may have used a number twice.
  [[nodiscard]] std::vector<CatalogSnapshot> snapshots(const CollectionId& collection);

  // Sorted by name, then id; two may have one name.
  [[nodiscard]] std::vector<CatalogCollection> collections();

  // Reads the whole file: false if any of it is damaged, used or not.
  [[nodiscard]] bool is_sound() { return x_database.is_sound(); }

 private:
  explicit Catalog(Database database);

  // Before the statements, which are made from it and go before it.
  Database x_database;
  Statement x_find_pack;
  Statement x_lists;
  Statement x_find_chunk;
};

struct CatalogOpening {
  CatalogState state = CatalogState::absent;
  std::optional<Catalog> catalog;  // if `current`
};

// A transaction on a Catalog, which must neither move nor go before it. Its changes are seen by
// that Catalog's own queries at once, by others after commit(), and by nobody if it goes before
// that.
class Catalog::Update {
 public:
  // In the same Update as the facts that the ledger's entries up to there gave.
  void set_head(const LedgerHead& head);
  // In place of those that there are: every ledger was replayed with their keys at hand.
  void set_epochs(const std::set<EpochCommitment>& epochs);

  // A ledger lists these packs, whether or not they are known already.
  void list_packs(const LedgerId& ledger, std::span<const PackFacts> packs);
  // Makes the chunks of opened packs findable. The header's facts replace what a ledger said of the
  // pack. As many packs at once as memory allows (40 bytes a chunk): rows are sorted over all of
  // them. With half a million in the table a chunk costs 3 µs in a group of 64,000, 17 in one of
  // 1,000.
  void index_packs(std::span<const PackIndex> packs);
  // Repair's verdict: of the packs whose chunks can be found, these and no others are lost.
  void set_lost_packs(std::span<const PackId> packs);
  // Drops packs that no ledger lists, with their chunks; returns which.
  std::vector<PackId> drop_unlisted_packs();

  void add_snapshot(const CatalogSnapshot& snapshot);
  void add_collection(const CatalogCollection& collection);

  // Nothing may be changed through this object afterwards.
  void commit() { x_transaction.commit(); }

 private:
  friend class Catalog;
  explicit Update(Catalog& catalog);

  Database& x_database;
  Transaction x_transaction;
};

}  // namespace muniment
