// A catalog of the test's own, and facts to put into it.
#pragma once

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/error.hpp"
#include "vault/catalog/catalog.hpp"

namespace muniment::test {

// An id that is `number`, little endian, then zeros: prefix() gives it back.
template <class Id>
Id id(std::uint64_t number) {
  Id id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.mutable_view()[i] = static_cast<std::byte>(number >> (8 * i) & 0xffU);
  }
  return id;
}

struct Scratch {
  TemporaryDirectory directory;
  std::unique_ptr<FileSystem> owned_files = posix_file_system();
  FileSystem& files = *owned_files;
  std::filesystem::path path = directory.path() / "catalog.db";
  FixedRandom random{1};
  CatalogKey key = CatalogKey::generate(random);
  CatalogOwner owner{id<VaultId>(1), id<ConsortiumId>(2)};

  [[nodiscard]] Catalog create() { return Catalog::create(files, path, key, owner, random); }

  [[nodiscard]] CatalogState state() const {
    return Catalog::open(path, key, owner, DatabaseAccess::read).state;
  }

  [[nodiscard]] Catalog open(DatabaseAccess access = DatabaseAccess::read) const {
    CatalogOpening opening = Catalog::open(path, key, owner, access);
    REQUIRE(opening.state == CatalogState::current);
    return std::move(opening.catalog).value();
  }

  [[nodiscard]] Bytes content() const { return read_file(files, path, 10'000'000).value(); }

  // Only while no connection is open. Not synced, which is most of what it would cost.
  void overwrite(const std::filesystem::path& target, ByteView bytes) const {
    const std::unique_ptr<File> file = files.open_or_create(target);
    file->truncate(0);
    file->write_at(0, bytes);
  }
};

[[nodiscard]] inline PackFacts pack_facts(std::uint64_t pack) {
  return {.id = id<PackId>(pack), .size_class = 24, .epoch = id<EpochCommitment>(100)};
}

// Its frames hold the chunks with these numbers.
[[nodiscard]] inline PackIndex pack_index(std::uint64_t pack,
                                          std::initializer_list<std::uint64_t> chunks) {
  PackIndex index{.facts = pack_facts(pack), .chunks = {}};
  for (const std::uint64_t chunk : chunks) index.chunks.push_back(id<ChunkId>(chunk));
  return index;
}

[[nodiscard]] inline LedgerHead ledger_head(std::uint64_t ledger, std::uint64_t size) {
  return {.ledger = id<LedgerId>(ledger), .size = size, .root = id<Sha256Digest>(1000 + size)};
}

[[nodiscard]] inline CatalogSnapshot snapshot(std::uint64_t collection, std::uint64_t number,
                                              std::uint64_t device) {
  return {.collection = id<CollectionId>(collection),
          .number = number,
          .device = id<DeviceId>(device),
          .ledger = id<LedgerId>(collection * 1000 + device),
          .entry = number * 10,
          .time = 1'700'000'000,
          .files = 3,
          .bytes = 4,
          .index = id<ChunkId>(5),
          .content_root = id<Sha256Digest>(6)};
}

// All that a catalog says, to compare: a catalog may be behind, but never half or wrong.
struct Content {
  std::vector<LedgerHead> heads;
  std::vector<CatalogPack> packs;
  std::vector<std::vector<ChunkLocation>> chunks;  // of the chunks 0 to 63
  std::vector<CatalogSnapshot> snapshots;          // of collection 1
  std::vector<CatalogCollection> collections;

  friend bool operator==(const Content&, const Content&) = default;
};

[[nodiscard]] inline Content read_all(Catalog& catalog) {
  Content content;
  content.heads = catalog.heads();
  content.packs = catalog.packs();
  for (std::uint64_t chunk = 0; chunk < 64; ++chunk) {
    content.chunks.push_back(catalog.find_chunk(id<ChunkId>(chunk)));
  }
  content.snapshots = catalog.snapshots(id<CollectionId>(1));
  content.collections = catalog.collections();
  return content;
}

// What one commit of ledger 1 adds: pack `number` with 4 chunks, and a snapshot.
inline void add_commit(Catalog& catalog, std::uint64_t number) {
  const std::uint64_t first = number * 4;
  const PackIndex pack = pack_index(number, {first, first + 1, first + 2, first + 3});
  Catalog::Update update = catalog.update();
  update.index_packs({&pack, 1});
  update.list_packs(id<LedgerId>(1), {&pack.facts, 1});
  update.add_snapshot(snapshot(1, number, 7));
  update.add_collection({.id = id<CollectionId>(1), .name = "police-files"});
  update.set_head(ledger_head(1, number));
  update.commit();
}

}  // namespace muniment::test
