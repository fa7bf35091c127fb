#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/catalog/catalog.hpp"

namespace muniment {

namespace {

struct ChunkRow {
  std::int64_t prefix = 0;  // in SQLite's order, which is signed
  std::int64_t pack = 0;
  std::uint32_t frame = 0;

  friend auto operator<=>(const ChunkRow&, const ChunkRow&) = default;
};

// Sorted, so that rows that share a page of the table meet it while it is at hand.
void insert_chunks(Database& database, std::vector<ChunkRow> chunks) {
  std::ranges::sort(chunks);
  Statement insert(database, "INSERT OR IGNORE INTO chunk (prefix, pack, frame) VALUES (?, ?, ?)");
  for (const ChunkRow& chunk : chunks) insert.run(chunk.prefix, chunk.pack, chunk.frame);
}

}  // namespace

Catalog::Update::Update(Catalog& catalog)
    : x_database(catalog.x_database), x_transaction(x_database) {}

void Catalog::Update::set_head(const LedgerHead& head) {
  Statement(x_database, "INSERT OR REPLACE INTO ledger (id, size, root) VALUES (?, ?, ?)")
      .run(head.ledger, head.size, head.root);
}

void Catalog::Update::set_epochs(const std::set<EpochCommitment>& epochs) {
  x_database.execute("DELETE FROM epoch");
  Statement insert(x_database, "INSERT INTO epoch (commitment) VALUES (?)");
  for (const EpochCommitment& epoch : epochs) insert.run(epoch);
}

void Catalog::Update::list_packs(const LedgerId& ledger, std::span<const PackFacts> packs) {
  Statement insert(x_database,
                   "INSERT OR IGNORE INTO pack (id, size_class, epoch, state) VALUES (?, ?, ?, ?)");
  Statement list(x_database,
                 "INSERT OR IGNORE INTO listing (pack, ledger)"
                 " VALUES ((SELECT row FROM pack WHERE id = ?), ?)");
  for (const PackFacts& pack : packs) {
    insert.run(pack.id, pack.size_class, pack.epoch, PackState::unread);
    list.run(pack.id, ledger);
  }
}

void Catalog::Update::index_packs(std::span<const PackIndex> packs) {
  Statement insert(x_database,
                   "INSERT INTO pack (id, size_class, epoch, state) VALUES (?, ?, ?, ?)"
                   " ON CONFLICT (id) DO UPDATE SET size_class = excluded.size_class,"
                   " epoch = excluded.epoch, state = excluded.state RETURNING row");
  std::vector<ChunkRow> chunks;
  for (const PackIndex& pack : packs) {
    Rows rows =
        insert.query(pack.facts.id, pack.facts.size_class, pack.facts.epoch, PackState::indexed);
    const bool inserted = rows.next();
    VAULT_ASSERT(inserted);
    const auto row = rows.get<std::int64_t>(0);
    std::uint32_t frame = 0;
    for (const ChunkId& chunk : pack.chunks) {
      chunks.push_back({static_cast<std::int64_t>(chunk.prefix()), row, frame++});
    }
  }
  insert_chunks(x_database, std::move(chunks));
}

void Catalog::Update::set_lost_packs(std::span<const PackId> packs) {
  Statement(x_database, "UPDATE pack SET state = ? WHERE state = ?")
      .run(PackState::indexed, PackState::lost);
  Statement lose(x_database, "UPDATE pack SET state = ? WHERE id = ? AND state = ?");
  for (const PackId& pack : packs) lose.run(PackState::lost, pack, PackState::indexed);
}

std::vector<PackId> Catalog::Update::drop_unlisted_packs() {
  Statement list(x_database,
                 "SELECT id FROM pack WHERE row NOT IN (SELECT pack FROM listing) ORDER BY id");
  std::vector<PackId> dropped;
  for (Rows rows = list.query(); rows.next();) dropped.push_back(rows.get<PackId>(0));
  if (dropped.empty()) return dropped;
  // One pass over the whole table, however many packs go.
  x_database.execute(
      "DELETE FROM chunk WHERE pack NOT IN (SELECT pack FROM listing);"
      "DELETE FROM pack WHERE row NOT IN (SELECT pack FROM listing)");
  return dropped;
}

void Catalog::Update::add_snapshot(const CatalogSnapshot& snapshot) {
  Statement(
      x_database,
      "INSERT OR REPLACE INTO snapshot (ledger, entry, collection, number, device, time, files,"
      " bytes, index_chunk, content_root) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(snapshot.ledger, snapshot.entry, snapshot.collection, snapshot.number, snapshot.device,
           snapshot.time, snapshot.files, snapshot.bytes, snapshot.index, snapshot.content_root);
}

void Catalog::Update::add_collection(const CatalogCollection& collection) {
  Statement(x_database, "INSERT OR REPLACE INTO collection (id, name) VALUES (?, ?)")
      .run(collection.id, collection.name);
}

}  // namespace muniment
