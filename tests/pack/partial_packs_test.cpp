#include "vault/pack/partial_packs.hpp"

#include <doctest/doctest.h>

#include "tests/pack/sample.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/base/error.hpp"

namespace muniment::test {

namespace {

constexpr std::size_t body_size = 1U << 20U;
constexpr std::size_t shard_size = body_size / 256;

// A pack that comes in pieces, and where it comes to.
struct Arrival {
  Arrival() {
    files.make_directory("tmp");
    files.make_directory("packs");
    files.sync_directory(".");
    tile = decode_pack_tile(ByteView(sealed.file).last(pack_format::tile_bytes));
  }

  [[nodiscard]] ByteView shards(std::size_t first, std::size_t count) const {
    return ByteView(sealed.file).subspan(first * shard_size, count * shard_size);
  }
  void write(PartialPacks& packs, std::size_t first, std::size_t count) const {
    packs.write(sealed.id, first, shards(first, count));
  }
  [[nodiscard]] std::optional<Bytes> stored() {
    return read_file(files, pack_key(sealed.id), 1U << 21U);
  }
  // Whether the store has just the pack.
  [[nodiscard]] bool is_stored() {
    const auto bytes = stored();
    return bytes && equal(*bytes, sealed.file);
  }
  [[nodiscard]] std::vector<std::string> left() { return files.list("tmp"); }

  SealedPack sealed = sample_pack();
  PackTile tile;
  MemoryFileSystem files;
};

}  // namespace

TEST_CASE("partial packs: a pack that came in pieces is the pack, and nothing else is left") {
  Arrival arrival;
  DirectoryStore store(arrival.files, ".", DirectoryStore::Access::write);
  PartialPacks packs(arrival.files, "tmp");
  packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
  arrival.write(packs, 200, 56);
  arrival.write(packs, 0, 100);
  packs.sync();
  arrival.write(packs, 100, 100);
  CHECK_FALSE(arrival.stored());
  REQUIRE(packs.finish(arrival.sealed.id, store));
  CHECK(arrival.is_stored());
  CHECK(arrival.left().empty());
  arrival.files.crash(MemoryFileSystem::Unsynced::lost);
  CHECK(arrival.is_stored());
}

TEST_CASE("partial packs: after a power cut what was synced is there, and no more is claimed") {
  for (const auto fate : {MemoryFileSystem::Unsynced::lost, MemoryFileSystem::Unsynced::kept}) {
    Arrival arrival;
    {
      PartialPacks packs(arrival.files, "tmp");
      packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
      arrival.write(packs, 0, 64);
      packs.sync();
      arrival.write(packs, 64, 64);
    }
    arrival.files.crash(fate);
    DirectoryStore store(arrival.files, ".", DirectoryStore::Access::write);
    PartialPacks packs(arrival.files, "tmp");
    const auto found = packs.find(arrival.sealed.id);
    REQUIRE(found);
    CHECK(found->shards.count() == 64);
    CHECK(found->tile == arrival.tile);
    packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
    arrival.write(packs, 64, 192);
    REQUIRE(packs.finish(arrival.sealed.id, store));
    CHECK(arrival.is_stored());
  }
}

TEST_CASE("partial packs: a power cut at any change loses nothing that was said to be there") {
  const auto receive = [](Arrival& arrival, FileSystem& files) {
    DirectoryStore store(files, ".", DirectoryStore::Access::write);
    PartialPacks packs(files, "tmp");
    std::size_t synced = 0;
    if (const auto found = packs.find(arrival.sealed.id)) synced = found->shards.count();
    packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
    for (std::size_t first = synced; first < 256; first += 64) {
      arrival.write(packs, first, 64);
      packs.sync();
    }
    return packs.finish(arrival.sealed.id, store);
  };
  Arrival whole;
  FaultyFileSystem recorder(whole.files);
  REQUIRE(receive(whole, recorder));
  const std::size_t changes = recorder.operations().size();
  REQUIRE(changes > 20);
  for (std::size_t change = 0; change < changes; ++change) {
    CAPTURE(change);
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      Arrival arrival;
      FaultyFileSystem faulty(arrival.files);
      faulty.set_fault(Fault{.operation = change, .error_number = 5, .lasting = true});
      REQUIRE_THROWS_AS((void)receive(arrival, faulty), Error);
      FixedRandom fates(seed);
      arrival.files.crash(fates);
      // Whatever is claimed is true.
      const PartialPacks packs(arrival.files, "tmp");
      if (const auto found = packs.find(arrival.sealed.id)) {
        const auto body =
            read_file(arrival.files,
                      FileSystem::Path("tmp") / (arrival.sealed.id.hex() + ".partial"), 1U << 21U);
        REQUIRE(body);
        for (std::size_t i = 0; i < 256; ++i) {
          if (!found->shards[i]) continue;
          REQUIRE(equal(ByteView(*body).subspan(i * shard_size, shard_size), arrival.shards(i, 1)));
        }
      }
      if (arrival.stored()) {
        REQUIRE(arrival.is_stored());
      } else {
        REQUIRE(receive(arrival, arrival.files));
      }
    }
  }
}

TEST_CASE("partial packs: what rotted in tmp/ since an earlier process does not become a pack") {
  Arrival arrival;
  DirectoryStore store(arrival.files, ".", DirectoryStore::Access::write);
  {
    PartialPacks packs(arrival.files, "tmp");
    packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
    arrival.write(packs, 0, 200);
    packs.sync();
  }
  const auto path = FileSystem::Path("tmp") / (arrival.sealed.id.hex() + ".partial");
  arrival.files.open_or_create(path)->write_at(500'000, as_bytes("rot"));
  PartialPacks packs(arrival.files, "tmp");
  packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
  arrival.write(packs, 200, 56);
  CHECK_FALSE(packs.finish(arrival.sealed.id, store));
  CHECK_FALSE(arrival.stored());
  CHECK(arrival.left().empty());
  CHECK_FALSE(packs.find(arrival.sealed.id));
}

TEST_CASE("partial packs: one that was whole before a crash is finished without another shard") {
  Arrival arrival;
  {
    PartialPacks packs(arrival.files, "tmp");
    packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
    arrival.write(packs, 0, 256);
    packs.sync();
  }
  DirectoryStore store(arrival.files, ".", DirectoryStore::Access::write);
  PartialPacks packs(arrival.files, "tmp");
  REQUIRE(packs.find(arrival.sealed.id)->shards.all());
  CHECK(packs.finish(arrival.sealed.id, store));
  CHECK(arrival.is_stored());
}

TEST_CASE("partial packs: after a sync that failed, what it was for is not there") {
  Arrival arrival;
  FaultyFileSystem faulty(arrival.files);
  DirectoryStore store(faulty, ".", DirectoryStore::Access::write);
  PartialPacks packs(faulty, "tmp");
  packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
  arrival.write(packs, 0, 100);
  packs.sync();
  arrival.write(packs, 100, 156);
  faulty.set_fault(Fault{.operation = faulty.operations().size(), .error_number = 5});
  CHECK_THROWS_AS(packs.sync(), Error);
  CHECK(packs.find(arrival.sealed.id)->shards.count() == 100);
  // Whoever believes it whole is told.
  CHECK_FALSE(packs.finish(arrival.sealed.id, store));
  CHECK(arrival.left().empty());
}

TEST_CASE("partial packs: what is dropped is gone") {
  Arrival arrival;
  PartialPacks packs(arrival.files, "tmp");
  packs.begin(arrival.sealed.id, PackClass::mib1, arrival.tile);
  arrival.write(packs, 0, 1);
  packs.sync();
  packs.drop(arrival.sealed.id);
  CHECK(arrival.left().empty());
  packs.drop(arrival.sealed.id);
}

TEST_CASE("partial packs: the file of shards is read as it was written, and damaged as none") {
  PartialPacks::Partial partial{PackClass::mib4, {}, {}};
  FixedRandom random(5);
  for (Sha256Digest& hash : partial.tile) hash = random.fixed<Sha256Digest>();
  partial.shards.set(0);
  partial.shards.set(9);
  partial.shards.set(255);
  const Bytes bytes = encode(partial);
  CHECK(matches_golden("pack/partial.bin", bytes));
  const auto read = decode_partial(bytes);
  REQUIRE(read);
  CHECK(read->size_class == partial.size_class);
  CHECK(read->tile == partial.tile);
  CHECK(read->shards == partial.shards);
  for_each_truncation(bytes, [](ByteView cut) { REQUIRE_FALSE(decode_partial(cut)); });
  std::size_t flips = 0;
  for_each_bit_flip(bytes, [&](ByteView damaged, std::size_t bit) {
    // Every bit of the fields, and some of each hash.
    if (bit > 600 && bit < 65'500 && bit % 37 != 0) return;
    ++flips;
    REQUIRE_FALSE(decode_partial(damaged));
  });
  CHECK(flips > 2000);
}

}  // namespace muniment::test
