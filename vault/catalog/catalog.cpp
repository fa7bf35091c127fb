#include "vault/catalog/catalog.hpp"

namespace muniment {

namespace {

constexpr std::string_view select_pack =
    "SELECT id, size_class, epoch, state, row IN (SELECT pack FROM listing) FROM pack ";

CatalogPack read_pack(const Rows& rows) {
  return {
      .facts = {.id = rows.get<PackId>(0),
                .size_class = rows.get<unsigned>(1),
                .epoch = rows.get<EpochCommitment>(2)},
      .state = static_cast<PackState>(rows.get<std::uint8_t>(3)),
      .listed = rows.get<int>(4) != 0,
  };
}

LedgerHead read_head(const Rows& rows) {
  return {
      .ledger = rows.get<LedgerId>(0),
      .size = rows.get<std::uint64_t>(1),
      .root = rows.get<Sha256Digest>(2),
  };
}

CatalogSnapshot read_snapshot(const Rows& rows) {
  return {
      .collection = rows.get<CollectionId>(0),
      .number = rows.get<std::uint64_t>(1),
      .device = rows.get<DeviceId>(2),
      .ledger = rows.get<LedgerId>(3),
      .entry = rows.get<std::uint64_t>(4),
      .time = rows.get<UnixSeconds>(5),
      .files = rows.get<std::uint64_t>(6),
      .bytes = rows.get<std::uint64_t>(7),
      .index = rows.get<ChunkId>(8),
      .content_root = rows.get<Sha256Digest>(9),
  };
}

}  // namespace

Catalog::Catalog(Database database)
    : x_database(std::move(database)),
      x_find_pack(x_database, std::string(select_pack) + "WHERE id = ?"),
      x_lists(
          x_database,
          "SELECT 1 FROM listing WHERE pack = (SELECT row FROM pack WHERE id = ?) AND ledger = ?"),
      x_find_chunk(x_database,
                   "SELECT pack.id, chunk.frame, pack.epoch, pack.state FROM chunk JOIN pack ON "
                   "pack.row = chunk.pack"
                   " WHERE chunk.prefix = ? ORDER BY chunk.pack, chunk.frame") {}

std::optional<LedgerHead> Catalog::find_head(const LedgerId& ledger) {
  Statement find(x_database, "SELECT id, size, root FROM ledger WHERE id = ?");
  Rows rows = find.query(ledger);
  if (!rows.next()) return std::nullopt;
  return read_head(rows);
}

std::vector<LedgerHead> Catalog::heads() {
  Statement list(x_database, "SELECT id, size, root FROM ledger ORDER BY id");
  std::vector<LedgerHead> heads;
  for (Rows rows = list.query(); rows.next();) heads.push_back(read_head(rows));
  return heads;
}

std::set<EpochCommitment> Catalog::epochs() {
  Statement list(x_database, "SELECT commitment FROM epoch");
  std::set<EpochCommitment> epochs;
  for (Rows rows = list.query(); rows.next();) epochs.insert(rows.get<EpochCommitment>(0));
  return epochs;
}

std::optional<CatalogPack> Catalog::find_pack(const PackId& pack) {
  Rows rows = x_find_pack.query(pack);
  if (!rows.next()) return std::nullopt;
  return read_pack(rows);
}

std::vector<CatalogPack> Catalog::packs() {
  Statement list(x_database, std::string(select_pack) + "ORDER BY id");
  std::vector<CatalogPack> packs;
  for (Rows rows = list.query(); rows.next();) packs.push_back(read_pack(rows));
  return packs;
}

bool Catalog::lists(const LedgerId& ledger, const PackId& pack) {
  return x_lists.query(pack, ledger).next();
}

std::vector<ChunkLocation> Catalog::find_chunk(const ChunkId& chunk) {
  std::vector<ChunkLocation> locations;
  for (Rows rows = x_find_chunk.query(chunk.prefix()); rows.next();) {
    locations.push_back(
        {.pack = rows.get<PackId>(0),
         .frame = rows.get<std::uint32_t>(1),
         .epoch = rows.get<EpochCommitment>(2),
         .lost = rows.get<std::uint8_t>(3) == static_cast<std::uint8_t>(PackState::lost)});
  }
  return locations;
}

std::vector<CatalogSnapshot> Catalog::snapshots(const CollectionId& collection) {
  Statement list(
      x_database,
      "SELECT collection, number, device, ledger, entry, time, files, bytes, index_chunk,"
      " content_root FROM snapshot WHERE collection = ?"
      " ORDER BY number, device, ledger, entry");
  std::vector<CatalogSnapshot> snapshots;
  for (Rows rows = list.query(collection); rows.next();) snapshots.push_back(read_snapshot(rows));
  return snapshots;
}

std::vector<CatalogCollection> Catalog::collections() {
  Statement list(x_database, "SELECT id, name FROM collection ORDER BY name, id");
  std::vector<CatalogCollection> collections;
  for (Rows rows = list.query(); rows.next();) {
    collections.push_back({.id = rows.get<CollectionId>(0), .name = rows.get<std::string>(1)});
  }
  return collections;
}

Catalog::Update Catalog::update() {
  return Update(*this);
}

}  // namespace muniment
