#include "vault/snapshot/known_files.hpp"

#include <doctest/doctest.h>

#include "tests/audit/fixture.hpp"
#include "tests/snapshot/entries.hpp"
#include "tests/snapshot/shelf.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

// A stored snapshot with a file of two chunks, one of a chunk, and one whose list of chunks is a
// chunk of its own.
struct Stored {
  Stored() {
    packs[0] = shelf.put(std::vector<Bytes>{chunks[0], list});
    packs[1] = shelf.put(std::vector<Bytes>{chunks[1]});
    Bytes records;
    for (const char* path : {"a/listed", "a/one", "a/two"}) encode_entry(file(path), records);
    SnapshotIndex index;
    index.manifest = {{ref(records), "a/listed"}};
    const Bytes encoded = encode_index(index);
    packs[2] = shelf.put(std::vector<Bytes>{records, encoded});
    index_id = shelf.id_of(encoded);
  }

  [[nodiscard]] ChunkRef ref(ByteView bytes) const {
    return {shelf.id_of(bytes), static_cast<std::uint32_t>(bytes.size())};
  }

  [[nodiscard]] Entry file(const std::string& path) const {
    Entry entry = file_entry(path);
    entry.size = 800'000;
    entry.sha256 = sha256(chunks[0]);
    if (path == "a/two") entry.chunks = {ref(chunks[0]), ref(chunks[1])};
    if (path == "a/listed") entry.chunk_lists = {ref(list)};
    return entry;
  }

  // What an ingest that begins now would know.
  std::optional<Entry> find(std::string_view path, std::uint64_t size) {
    OpenPacks open(shelf.store, shelf.secrets, PackAccess::ranges, limits::mib, shelf.activity);
    ChunkReader reader(shelf.catalog, open, shelf.id_key);
    const auto previous =
        open_snapshot("previous", index_id,
                      std::shared_ptr<ChunkReader>(std::shared_ptr<void>(), &reader), permit);
    KnownChunks known(reader);
    auto entry = KnownFiles(*previous, known, shelf.id_key).find(path, size);
    used = known.packs_used();
    return entry;
  }

  AccessFixture access;
  AccessJournal journal{{access.files, access.random, access.clock, access.directory, access.name},
                        access.key,
                        access.auditors(),
                        {},
                        std::chrono::milliseconds(0)};
  std::shared_ptr<AccessPermit> permit =
      journal.begin({.act = access_act::ingest}, access.activity);
  Shelf shelf;
  std::array<Bytes, 2> chunks{shelf.random.bytes(500'000), shelf.random.bytes(300'000)};
  Bytes list = encode_chunk_list(std::array{ref(chunks[0]), ref(chunks[1])});
  std::array<PackId, 3> packs;
  ChunkId index_id;
  std::set<PackId> used;
};

}  // namespace

TEST_CASE("known files: a file of several chunks is known, and the packs that have them are used") {
  Stored stored;
  for (const char* path : {"a/two", "a/listed"}) {
    CHECK(stored.find(path, 800'000) == stored.file(path));
    CHECK(stored.used == std::set{stored.packs[0], stored.packs[1]});
  }
}

TEST_CASE("known files: a file of one chunk is known by its SHA-256") {
  Stored stored;
  CHECK(stored.find("a/one", 800'000) == stored.file("a/one"));
  CHECK(stored.used == std::set{stored.packs[0]});
}

TEST_CASE("known files: another size and another path are not known") {
  Stored stored;
  CHECK_FALSE(stored.find("a/two", 800'001));
  CHECK_FALSE(stored.find("a/three", 800'000));
  CHECK_FALSE(stored.find("0", 800'000));
}

TEST_CASE("known files: a file is not known if a pack with one of its chunks cannot be used") {
  Stored stored;
  stored.shelf.damage(stored.packs[1], 0, 100);
  CHECK_FALSE(stored.find("a/two", 800'000));
  CHECK_FALSE(stored.find("a/listed", 800'000));
}
