#include "vault/snapshot/chunk_reader.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "tests/keyring/errors.hpp"
#include "tests/snapshot/shelf.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

constexpr std::size_t plenty = 256 * limits::mib;

// A reader of the shelf's chunks, with the packs that it has open.
struct Reading {
  explicit Reading(Shelf& shelf, PackAccess access = PackAccess::ranges,
                   std::size_t memory_bytes = plenty)
      : packs(shelf.store, shelf.secrets, access, memory_bytes, shelf.activity),
        chunks(shelf.catalog, packs, shelf.id_key) {}

  OpenPacks packs;
  ChunkReader chunks;
};

std::vector<Bytes> three_chunks(Shelf& shelf) {
  return {shelf.random.bytes(300'000), shelf.random.bytes(1), shelf.random.bytes(200'000)};
}

Bytes plaintext(ChunkReader& chunks, const ChunkId& id) {
  ChunkBuffer buffer;
  return to_bytes(chunks.read(id, std::nullopt, buffer).plaintext);
}

// What reading it fails with, all of it.
std::string failure(ChunkReader& chunks, const ChunkId& id) {
  const auto error = error_of([&] { static_cast<void>(plaintext(chunks, id)); });
  if (!error) return "";
  CHECK(error->code() == ErrorCode::damaged);
  return error->what();
}

// The same for a reader that has nothing open yet.
std::string failure(Shelf& shelf, const ChunkId& id) {
  Reading reading(shelf);
  return failure(reading.chunks, id);
}

constexpr std::array every_access{PackAccess::ranges, PackAccess::whole, PackAccess::checked};

}  // namespace

TEST_CASE("chunk reader: chunks come back with their SHA-256, however packs are opened") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  shelf.put(chunks);
  for (const PackAccess access : every_access) {
    Reading reading(shelf, access);
    for (const Bytes& chunk : chunks) {
      const auto length = static_cast<std::uint32_t>(chunk.size());
      ChunkBuffer buffer;
      const ReadChunk read = reading.chunks.read(shelf.id_of(chunk), std::nullopt, buffer);
      CHECK(equal(read.plaintext, chunk));
      CHECK(read.sha256 == sha256(chunk));
      CHECK(equal(reading.chunks.read(sha256(chunk), length, buffer).plaintext, chunk));
      const auto seen = reading.chunks.look(shelf.id_of(chunk), length, buffer);
      REQUIRE(seen);
      CHECK(equal(*seen, chunk));
    }
  }
  CHECK(shelf.activity.texts().empty());
}

TEST_CASE("chunk reader: a chunk that nobody stored is damage without a pack's name") {
  Shelf shelf;
  shelf.put(three_chunks(shelf));
  Reading reading(shelf);
  const ChunkId id = shelf.id_of(as_bytes("never stored"));
  CHECK(failure(reading.chunks, id) ==
        "chunk " + id.hex() + ": not stored in any pack that is here");
}

TEST_CASE("chunk reader: a chunk of another length than expected is refused") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  shelf.put(chunks);
  Reading reading(shelf);
  ChunkBuffer buffer;
  CHECK(error_code([&] {
          static_cast<void>(reading.chunks.read(shelf.id_of(chunks[0]), 299'999, buffer));
        }) == ErrorCode::damaged);
  CHECK_FALSE(reading.chunks.look(shelf.id_of(chunks[0]), 299'999, buffer));
}

TEST_CASE("chunk reader: a chunk that two packs share is joined") {
  Shelf shelf;
  const Bytes chunk = shelf.random.bytes(limits::chunk_bytes_max);
  std::array<PackId, 2> packs;
  shelf.put_split(chunk, packs);
  for (const PackAccess access : every_access) {
    Reading reading(shelf, access);
    CHECK(plaintext(reading.chunks, shelf.id_of(chunk)) == chunk);
    std::vector<PackId> used;
    CHECK(reading.chunks.holds(shelf.id_of(chunk), used));
    CHECK(std::ranges::is_permutation(used, packs));
  }
}

TEST_CASE("chunk reader: with one half of a chunk missing, its pack is named") {
  for (const std::size_t missing : {0, 1}) {
    Shelf shelf;
    const Bytes chunk = shelf.random.bytes(limits::chunk_bytes_max);
    std::array<PackId, 2> packs;
    shelf.put_split(chunk, packs);
    shelf.store.remove(pack_key(packs[missing]));
    Reading reading(shelf);
    CHECK(failure(reading.chunks, shelf.id_of(chunk)) ==
          "pack " + packs[missing].hex() + ": missing");
    std::vector<PackId> used;
    CHECK_FALSE(reading.chunks.holds(shelf.id_of(chunk), used));
    CHECK(used.empty());
  }
}

TEST_CASE("chunk reader: halves that were cut in different places are told apart") {
  Shelf shelf;
  const Bytes chunk = shelf.random.bytes(limits::chunk_bytes_max);
  std::array<PackId, 2> packs;
  const std::size_t placed = shelf.put_split(chunk, packs);
  PackDraft draft(Suite::aegis256);
  // As another device would have left it that had more room in its first pack.
  CHECK(draft.add(shelf.frame(chunk), placed + 1000) == chunk.size() - placed - 1000);
  const PackId stranger = shelf.put(draft);

  Reading both(shelf);
  CHECK(plaintext(both.chunks, shelf.id_of(chunk)) == chunk);
  std::vector<PackId> used;
  CHECK(both.chunks.holds(shelf.id_of(chunk), used));
  CHECK(std::ranges::is_permutation(used, packs));

  shelf.store.remove(pack_key(packs[1]));
  Reading mismatched(shelf);
  used.clear();
  CHECK_FALSE(mismatched.chunks.holds(shelf.id_of(chunk), used));
  CHECK(used.empty());
  CHECK(failure(mismatched.chunks, shelf.id_of(chunk)) != "");
  CHECK(stranger != packs[1]);
}

TEST_CASE("chunk reader: a catalog that lies about where a chunk is, is not believed") {
  Shelf shelf;
  const Bytes chunk = shelf.random.bytes(1000);
  const ChunkId wanted = shelf.id_of(chunk);
  const ChunkId never = shelf.id_of(as_bytes("never stored"));
  PackDraft draft(Suite::aegis256);
  REQUIRE(draft.add(shelf.frame(chunk)) == chunk.size());
  // The only frame is said to be another chunk, and there are two more than it has.
  shelf.put(draft, {never, wanted, never});
  Reading reading(shelf);
  CHECK(failure(reading.chunks, wanted) != "");
  CHECK(failure(reading.chunks, never) != "");
  std::vector<PackId> used;
  CHECK_FALSE(reading.chunks.holds(never, used));
  CHECK(used.empty());
}

TEST_CASE("chunk reader: a chunk in two packs is read from the one that is whole") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const std::array packs{shelf.put(chunks), shelf.put(chunks)};
  for (const std::size_t broken : {0, 1}) {
    const Bytes before = shelf.file(packs[broken]);
    // Shards 10 to 30 hold nothing but the first chunk's frame.
    shelf.damage(packs[broken], 10, 20);
    for (const PackAccess access : every_access) {
      Reading reading(shelf, access);
      CHECK(plaintext(reading.chunks, shelf.id_of(chunks[0])) == chunks[0]);
    }
    shelf.store.replace(pack_key(packs[broken]), before);
  }
}

TEST_CASE("chunk reader: a damaged frame is healed in memory, and said once") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  shelf.damage(pack, 10, 8);
  const Bytes stored = shelf.file(pack);
  Reading reading(shelf);
  for (int i = 0; i < 3; ++i) {
    for (const Bytes& chunk : chunks) {
      CHECK(plaintext(reading.chunks, shelf.id_of(chunk)) == chunk);
    }
  }
  CHECK(shelf.activity.count("healed in memory") == 1);
  CHECK(shelf.activity.count(pack.hex()) == 1);
  CHECK(shelf.file(pack) == stored);
}

TEST_CASE("chunk reader: a damaged pack that had to make room is healed again") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const std::vector<Bytes> others = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  shelf.put(others);
  shelf.damage(pack, 10, 8);
  // Room for a single pack.
  for (const PackAccess access : every_access) {
    Reading reading(shelf, access, 1);
    for (int i = 0; i < 3; ++i) {
      CHECK(plaintext(reading.chunks, shelf.id_of(chunks[0])) == chunks[0]);
      CHECK(plaintext(reading.chunks, shelf.id_of(others[0])) == others[0]);
    }
  }
  CHECK(shelf.activity.count("healed in memory") == every_access.size());
}

TEST_CASE("chunk reader: of a pack past healing, what is left is read, and the rest is named") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  shelf.damage(pack, 10, 9);
  for (const PackAccess access : every_access) {
    Reading reading(shelf, access);
    CHECK(failure(reading.chunks, shelf.id_of(chunks[0])) ==
          "pack " + pack.hex() + ": damaged beyond what its parity can heal");
    CHECK(plaintext(reading.chunks, shelf.id_of(chunks[2])) == chunks[2]);
  }
}

TEST_CASE("chunk reader: a missing, a swapped and a foreign pack are named") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  const ChunkId id = shelf.id_of(chunks[0]);
  const Bytes whole = shelf.file(pack);
  const std::string name = "pack " + pack.hex() + ": ";

  shelf.store.remove(pack_key(pack));
  CHECK(failure(shelf, id) == name + "missing");
  const PackId other = shelf.put(three_chunks(shelf));
  shelf.store.replace(pack_key(pack), shelf.file(other));
  CHECK(failure(shelf, id) == name + "the file of another pack");
  shelf.store.replace(pack_key(pack), Bytes(5'000'000));
  CHECK(failure(shelf, id) == name + "damaged beyond what its parity can heal");
  shelf.store.replace(pack_key(pack), whole);
  CHECK(failure(shelf, id) == "");
  shelf.secrets.clear();
  CHECK(failure(shelf, id) == name + "sealed to a key that this device does not have");
}

TEST_CASE("chunk reader: what a pack's table says is not believed without the hash") {
  Shelf shelf;
  const Bytes real = shelf.random.bytes(1000);
  const Bytes other = shelf.random.bytes(1000);
  PackDraft draft(Suite::aegis256);
  Frame frame = shelf.frame(other);
  frame.chunk = shelf.id_of(real);
  REQUIRE(draft.add(frame) == other.size());
  shelf.put(draft);
  CHECK(failure(shelf, shelf.id_of(real)) != "");
}

TEST_CASE("chunk reader: a frame that names a dictionary, which nobody writes, is refused") {
  Shelf shelf;
  const Bytes plaintext = shelf.random.bytes(1000);
  PackDraft draft(Suite::aegis256);
  Frame frame = shelf.frame(plaintext);
  frame.codec = {CodecKind::zstd, 3, 10504, shelf.random.fixed<ChunkId>()};
  frame.plain_bytes = 2000;
  REQUIRE(draft.add(frame) == plaintext.size());
  shelf.put(draft);
  CHECK(failure(shelf, frame.chunk) != "");
}

TEST_CASE("chunk reader: deduplication relies on tables, and names the pack") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  Reading reading(shelf);
  std::vector<PackId> used;
  CHECK(reading.chunks.holds(shelf.id_of(chunks[1]), used));
  CHECK(used == std::vector{pack});
  CHECK(reading.chunks.holds(sha256(chunks[1])));
  CHECK_FALSE(reading.chunks.holds(sha256(as_bytes("never stored"))));
  shelf.store.remove(pack_key(pack));
  CHECK_FALSE(Reading(shelf).chunks.holds(sha256(chunks[1])));
}

TEST_CASE("open packs: no more stay open than memory is for, but for those in use") {
  Shelf shelf;
  std::vector<PackId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(shelf.put(std::array{shelf.random.bytes(10)}));
  using Reader = std::shared_ptr<const PackReader>;
  // Two packs of the smallest class, read whole.
  OpenPacks packs(shelf.store, shelf.secrets, PackAccess::whole, 2 * limits::mib + 200 * 1024,
                  shelf.activity);
  const auto open = [&](const PackId& id) { return std::get<Reader>(packs.open(id, shelf.epoch)); };
  std::weak_ptr<const PackReader> first = open(ids[0]);
  const Reader used = open(ids[1]);
  CHECK_FALSE(first.expired());
  CHECK(open(ids[0]) == first.lock());  // now the last used
  CHECK(open(ids[2]) != nullptr);
  CHECK_FALSE(first.expired());
  CHECK(open(ids[3]) != nullptr);
  CHECK(first.expired());
  CHECK(used->entry(0).plain_bytes == 10);
  CHECK(open(ids[1]) != used);
}

TEST_CASE("open packs: threads that want one pack share it, damaged or not") {
  Shelf shelf;
  const std::vector<Bytes> chunks = three_chunks(shelf);
  const std::vector<Bytes> others = three_chunks(shelf);
  const PackId pack = shelf.put(chunks);
  shelf.put(others);
  shelf.damage(pack, 10, 8);
  for (const std::size_t memory_bytes : {plenty, std::size_t{1}}) {
    Reading reading(shelf, PackAccess::ranges, memory_bytes);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 6; ++round) {
          const std::vector<Bytes>& mine = (i + round) % 2 == 0 ? chunks : others;
          for (const Bytes& chunk : mine) {
            if (plaintext(reading.chunks, shelf.id_of(chunk)) != chunk) ++wrong;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
  CHECK(shelf.activity.count("healed in memory") == 2);
}
