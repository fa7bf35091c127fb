#include "vault/catalog/catalog.hpp"

#include <doctest/doctest.h>

#include "tests/catalog/scratch.hpp"

using namespace muniment;
using test::id;
using test::ledger_head;
using test::pack_facts;
using test::pack_index;
using test::Scratch;
using test::snapshot;

namespace {

void index(Catalog& catalog, const std::vector<PackIndex>& packs) {
  Catalog::Update update = catalog.update();
  update.index_packs(packs);
  update.commit();
}

void list(Catalog& catalog, std::uint64_t ledger, const std::vector<PackFacts>& packs) {
  Catalog::Update update = catalog.update();
  update.list_packs(id<LedgerId>(ledger), packs);
  update.commit();
}

ChunkLocation location(std::uint64_t pack, std::uint32_t frame) {
  return {.pack = id<PackId>(pack), .frame = frame, .epoch = id<EpochCommitment>(100)};
}

using Locations = std::vector<ChunkLocation>;

}  // namespace

TEST_CASE("catalog: a new one is empty") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  CHECK(test::read_all(catalog) == test::Content{{}, {}, std::vector<Locations>(64), {}, {}});
  CHECK_FALSE(catalog.find_head(id<LedgerId>(1)).has_value());
  CHECK_FALSE(catalog.find_pack(id<PackId>(1)).has_value());
  CHECK(catalog.is_sound());
}

TEST_CASE("catalog: a chunk is found in the frame that holds it") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  index(catalog, {pack_index(1, {10, 11}), pack_index(2, {12})});
  CHECK(catalog.find_chunk(id<ChunkId>(10)) == Locations{location(1, 0)});
  CHECK(catalog.find_chunk(id<ChunkId>(11)) == Locations{location(1, 1)});
  CHECK(catalog.find_chunk(id<ChunkId>(12)) == Locations{location(2, 0)});
  CHECK(catalog.find_chunk(id<ChunkId>(13)).empty());
}

TEST_CASE("catalog: chunks of every prefix are found, whatever their order") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  PackIndex pack = pack_index(1, {~0ULL, 0, 1ULL << 63U, (1ULL << 63U) - 1, 1});
  for (int i = 0; i < 1000; ++i) pack.chunks.push_back(scratch.random.fixed<ChunkId>());
  index(catalog, {pack});
  for (std::uint32_t frame = 0; frame < pack.chunks.size(); ++frame) {
    CHECK(catalog.find_chunk(pack.chunks[frame]) == Locations{location(1, frame)});
  }
}

TEST_CASE("catalog: a chunk that two packs share, or hold twice, has all its locations") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  index(catalog, {pack_index(2, {20, 21}), pack_index(1, {21, 22, 20})});
  CHECK(catalog.find_chunk(id<ChunkId>(21)) == Locations{location(2, 1), location(1, 0)});
  CHECK(catalog.find_chunk(id<ChunkId>(20)) == Locations{location(2, 0), location(1, 2)});
}

TEST_CASE("catalog: chunks whose ids begin alike are all candidates") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  ChunkId twin = id<ChunkId>(30);
  twin.mutable_view()[8] = std::byte{1};
  PackIndex pack = pack_index(1, {30});
  pack.chunks.push_back(twin);
  index(catalog, {pack});
  CHECK(catalog.find_chunk(twin) == Locations{location(1, 0), location(1, 1)});
}

TEST_CASE("catalog: a chunk's location says whether its pack is lost") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  const auto lose = [&](const std::vector<PackId>& packs) {
    Catalog::Update update = catalog.update();
    update.set_lost_packs(packs);
    update.commit();
  };
  index(catalog, {pack_index(1, {10}), pack_index(2, {20})});
  list(catalog, 1, {pack_facts(3)});
  lose({id<PackId>(1), id<PackId>(3)});
  CHECK(catalog.find_pack(id<PackId>(1))->state == PackState::lost);
  CHECK(catalog.find_chunk(id<ChunkId>(10)).at(0).lost);
  CHECK(catalog.find_chunk(id<ChunkId>(20)) == Locations{location(2, 0)});
  CHECK(catalog.find_pack(id<PackId>(3))->state == PackState::unread);
  lose({});
  CHECK(catalog.find_chunk(id<ChunkId>(10)) == Locations{location(1, 0)});
}

TEST_CASE("catalog: a listed pack is unread until it is indexed") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  list(catalog, 1, {pack_facts(1)});
  CHECK(catalog.packs() ==
        std::vector<CatalogPack>{{pack_facts(1), PackState::unread, /*listed=*/true}});
  CHECK(catalog.find_chunk(id<ChunkId>(10)).empty());
  index(catalog, {pack_index(1, {10})});
  CHECK(catalog.find_chunk(id<ChunkId>(10)) == Locations{location(1, 0)});
  CHECK(catalog.packs() ==
        std::vector<CatalogPack>{{pack_facts(1), PackState::indexed, /*listed=*/true}});
}

TEST_CASE("catalog: a pack that was indexed first stays so when it is listed") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  index(catalog, {pack_index(1, {10})});
  CHECK_FALSE(catalog.find_pack(id<PackId>(1))->listed);
  list(catalog, 1, {pack_facts(1)});
  CHECK(catalog.find_pack(id<PackId>(1)) ==
        CatalogPack{pack_facts(1), PackState::indexed, /*listed=*/true});
}

TEST_CASE("catalog: what a pack's header says replaces what a ledger said, never the reverse") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  PackFacts said = pack_facts(1);
  said.size_class = 20;
  said.epoch = id<EpochCommitment>(999);
  list(catalog, 1, {said});
  CHECK(catalog.find_pack(said.id)->facts == said);
  index(catalog, {pack_index(1, {10})});
  CHECK(catalog.find_pack(said.id)->facts == pack_facts(1));
  list(catalog, 2, {said});
  CHECK(catalog.find_pack(said.id)->facts == pack_facts(1));
}

TEST_CASE("catalog: each ledger's listing of a pack is known") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  list(catalog, 1, {pack_facts(1), pack_facts(2)});
  list(catalog, 2, {pack_facts(2)});
  list(catalog, 2, {pack_facts(2)});
  CHECK(catalog.lists(id<LedgerId>(1), id<PackId>(1)));
  CHECK(catalog.lists(id<LedgerId>(1), id<PackId>(2)));
  CHECK(catalog.lists(id<LedgerId>(2), id<PackId>(2)));
  CHECK_FALSE(catalog.lists(id<LedgerId>(2), id<PackId>(1)));
  CHECK_FALSE(catalog.lists(id<LedgerId>(3), id<PackId>(1)));
  CHECK_FALSE(catalog.lists(id<LedgerId>(1), id<PackId>(3)));
}

TEST_CASE("catalog: packs come sorted by id") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  index(catalog, {pack_index(3, {}), pack_index(1, {}), pack_index(2, {})});
  std::vector<PackId> ids;
  for (const CatalogPack& pack : catalog.packs()) ids.push_back(pack.facts.id);
  CHECK(ids == std::vector{id<PackId>(1), id<PackId>(2), id<PackId>(3)});
}

TEST_CASE("catalog: packs that no ledger lists are dropped with their chunks, others stay") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  index(catalog, {pack_index(1, {10}), pack_index(2, {11}), pack_index(3, {10, 12})});
  list(catalog, 1, {pack_facts(2), pack_facts(4)});
  const auto drop = [&] {
    Catalog::Update update = catalog.update();
    std::vector<PackId> dropped = update.drop_unlisted_packs();
    update.commit();
    return dropped;
  };
  CHECK(drop() == std::vector{id<PackId>(1), id<PackId>(3)});
  CHECK(catalog.packs().size() == 2);
  CHECK(catalog.find_chunk(id<ChunkId>(10)).empty());
  CHECK(catalog.find_chunk(id<ChunkId>(12)).empty());
  CHECK(catalog.find_chunk(id<ChunkId>(11)) == Locations{location(2, 0)});
  CHECK(drop().empty());
  // A new pack may take a dropped one's row, but has none of its chunks.
  index(catalog, {pack_index(5, {13})});
  CHECK(catalog.find_chunk(id<ChunkId>(12)).empty());
}

TEST_CASE("catalog: a head is replaced by the ledger's next one") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  for (const LedgerHead& head : {ledger_head(2, 5), ledger_head(1, 7), ledger_head(2, 6)}) {
    Catalog::Update update = catalog.update();
    update.set_head(head);
    update.commit();
    CHECK(catalog.find_head(head.ledger) == head);
  }
  CHECK(catalog.heads() == std::vector{ledger_head(1, 7), ledger_head(2, 6)});
}

TEST_CASE("catalog: snapshots of a collection come sorted by number, then device") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  {
    Catalog::Update update = catalog.update();
    for (const auto& [number, device] : {std::pair{10, 7}, {2, 8}, {2, 7}}) {
      update.add_snapshot(
          snapshot(1, static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(device)));
    }
    update.add_snapshot(snapshot(2, 1, 7));
    update.commit();
  }
  CHECK(catalog.snapshots(id<CollectionId>(1)) ==
        std::vector{snapshot(1, 2, 7), snapshot(1, 2, 8), snapshot(1, 10, 7)});
  CHECK(catalog.snapshots(id<CollectionId>(2)) == std::vector{snapshot(2, 1, 7)});
  CHECK(catalog.snapshots(id<CollectionId>(3)).empty());
}

TEST_CASE("catalog: a device that uses a number twice has both snapshots, replayed or not") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  CatalogSnapshot second = snapshot(1, 2, 7);
  second.entry += 1;
  for (int replay = 0; replay < 2; ++replay) {
    Catalog::Update update = catalog.update();
    update.add_snapshot(snapshot(1, 2, 7));
    update.add_snapshot(second);
    update.commit();
  }
  CHECK(catalog.snapshots(id<CollectionId>(1)) == std::vector{snapshot(1, 2, 7), second});
}

TEST_CASE("catalog: numbers that a lying ledger made as large as can be come back as they were") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  CatalogSnapshot large = snapshot(1, 2, 7);
  large.number = large.entry = large.files = large.bytes = ~0ULL;
  large.time = std::numeric_limits<UnixSeconds>::min();
  Catalog::Update update = catalog.update();
  update.add_snapshot(large);
  update.commit();
  CHECK(catalog.snapshots(id<CollectionId>(1)) == std::vector{large});
}

TEST_CASE("catalog: collections come sorted by name, and two may share one") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  const CatalogCollection a1{id<CollectionId>(3), "alpha"};
  const CatalogCollection a2{id<CollectionId>(9), "alpha"};
  const CatalogCollection b{id<CollectionId>(1), "beta"};
  Catalog::Update update = catalog.update();
  for (const CatalogCollection& collection : {b, a2, a1}) update.add_collection(collection);
  update.add_collection(b);
  update.commit();
  CHECK(catalog.collections() == std::vector{a1, a2, b});
}

TEST_CASE("catalog: an update is seen here at once, elsewhere when committed, else by nobody") {
  Scratch scratch;
  Catalog catalog = scratch.create();
  Catalog reader = scratch.open();
  {
    Catalog::Update update = catalog.update();
    update.set_head(ledger_head(1, 1));
    const PackIndex pack = pack_index(1, {10});
    update.index_packs({&pack, 1});
    CHECK(catalog.find_chunk(id<ChunkId>(10)).size() == 1);
    CHECK(reader.find_chunk(id<ChunkId>(10)).empty());
  }
  CHECK(catalog.find_chunk(id<ChunkId>(10)).empty());
  CHECK(catalog.heads().empty());
  test::add_commit(catalog, 1);
  CHECK(test::read_all(reader) == test::read_all(catalog));
  CHECK(reader.find_head(id<LedgerId>(1)) == ledger_head(1, 1));
}

TEST_CASE("catalog: it can be moved and used on") {
  Scratch scratch;
  Catalog first = scratch.create();
  Catalog second = std::move(first);
  test::add_commit(second, 1);
  CHECK(second.find_chunk(id<ChunkId>(4)).size() == 1);
}
