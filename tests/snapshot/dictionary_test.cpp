#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/snapshot/shelf.hpp"
#include "vault/snapshot/dictionary_trainer.hpp"
#include "vault/snapshot/pack_line.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

constexpr int level = 3;

// A page of a register, like any other and with other people in it.
Bytes page(std::uint64_t number) {
  std::string text = "<html><head><title>Register of persons, county office</title></head>\n";
  for (std::uint64_t i = 0; i < 40; ++i) {
    text += fmt::format("<tr class=\"person\"><td>{}</td><td>born {}</td><td>resident</td></tr>\n",
                        (number * 40 + i) * 2'654'435'761U % 1'000'003, 1930 + (number + i) % 80);
  }
  return to_bytes(text);
}

std::shared_ptr<const TrainedDictionary> trained(const IdKey& id_key) {
  DictionaryTrainer trainer(id_key, level);
  for (std::uint64_t i = 0; !trainer.current(); ++i) trainer.sample(page(i));
  return trainer.current();
}

NewChunk compressed_with(const std::shared_ptr<const TrainedDictionary>& dictionary,
                         const Shelf& shelf, ByteView plaintext) {
  NewChunk chunk;
  chunk.codec = {CodecKind::zstd, level, zstd_version(), dictionary->chunk.ref.id};
  chunk.ref = {shelf.id_of(plaintext), static_cast<std::uint32_t>(plaintext.size())};
  chunk.payload = ZstdCompressor(level).compress(plaintext, &dictionary->prepared);
  chunk.dictionary = dictionary;
  return chunk;
}

NewChunk raw_chunk(const Shelf& shelf, Bytes plaintext) {
  NewChunk chunk;
  chunk.ref = {shelf.id_of(plaintext), static_cast<std::uint32_t>(plaintext.size())};
  chunk.payload = std::move(plaintext);
  return chunk;
}

PackId put(Shelf& shelf, std::span<const Frame> frames) {
  PackDraft draft(Suite::aegis256);
  for (const Frame& frame : frames) REQUIRE(draft.add(frame) == frame.payload.size());
  return shelf.put(draft);
}

Bytes read(Shelf& shelf, const ChunkId& id) {
  OpenPacks packs(shelf.store, shelf.secrets, PackAccess::ranges, limits::mib, shelf.activity);
  ChunkBuffer buffer;
  return to_bytes(
      ChunkReader(shelf.catalog, packs, shelf.id_key).read(id, std::nullopt, buffer).plaintext);
}

// Sends chunks through a pack line; returns the packs, in the order in which they were written.
std::vector<PackFacts> write(Shelf& shelf, std::span<const NewChunk> chunks) {
  OpenPacks packs(shelf.store, shelf.secrets, PackAccess::ranges, limits::mib, shelf.activity);
  ChunkReader stored(shelf.catalog, packs, shelf.id_key);
  KnownChunks known(stored);
  const PackLineContext context{shelf.store, shelf.catalog,
                                known,       shelf.random,
                                shelf.epoch, public_key(shelf.secrets.at(shelf.epoch))};
  PackLine line(context, 1);
  Stages stages([&] { line.cancel(); });
  line.start(stages);
  for (const NewChunk& chunk : chunks) CHECK(line.add(chunk));
  line.finish();
  stages.join();
  return line.packs();
}

}  // namespace

TEST_CASE("dictionary: one is trained once there is enough to learn from, and saves bytes") {
  const Shelf shelf;
  DictionaryTrainer trainer(shelf.id_key, level);
  std::uint64_t bytes = 0;
  std::uint64_t number = 0;
  for (; !trainer.current(); ++number) {
    CHECK(bytes < 4 * limits::mib);
    const Bytes chunk = page(number);
    bytes += chunk.size();
    trainer.sample(chunk);
  }
  CHECK(bytes >= 4 * limits::mib);
  const auto dictionary = trainer.current();
  CHECK(dictionary->chunk.type == FrameType::dictionary);
  CHECK(dictionary->chunk.codec.dictionary.is_zero());
  const Bytes next = page(number);
  const std::size_t without = ZstdCompressor(level).compress(next).size();
  CHECK(ZstdCompressor(level).compress(next, &dictionary->prepared).size() < without * 3 / 4);
}

TEST_CASE("dictionary: a chunk opens with the dictionary of its own pack, and with no other") {
  Shelf shelf;
  const auto dictionary = trained(shelf.id_key);
  const Bytes plaintext = page(1'000'000);
  const NewChunk chunk = compressed_with(dictionary, shelf, plaintext);
  SUBCASE("it is there") {
    put(shelf, std::array{dictionary->chunk.frame(), chunk.frame()});
    CHECK(read(shelf, chunk.ref.id) == plaintext);
  }
  SUBCASE("it stands behind the chunk") {
    put(shelf, std::array{chunk.frame(), dictionary->chunk.frame()});
    CHECK(read(shelf, chunk.ref.id) == plaintext);
  }
  SUBCASE("it is in another pack only") {
    put(shelf, std::array{dictionary->chunk.frame()});
    put(shelf, std::array{chunk.frame()});
    CHECK_THROWS_AS((void)read(shelf, chunk.ref.id), Error);
  }
  SUBCASE("it is called data") {
    NewChunk data = dictionary->chunk;
    data.type = FrameType::data;
    put(shelf, std::array{data.frame(), chunk.frame()});
    CHECK_THROWS_AS((void)read(shelf, chunk.ref.id), Error);
  }
  SUBCASE("it needs a dictionary itself") {
    NewChunk nested = dictionary->chunk;
    nested.codec.dictionary = dictionary->chunk.ref.id;
    put(shelf, std::array{nested.frame(), chunk.frame()});
    CHECK_THROWS_AS((void)read(shelf, chunk.ref.id), Error);
  }
  SUBCASE("it is another one under the same id") {
    NewChunk other = raw_chunk(shelf, page(7));
    other.type = FrameType::dictionary;
    other.ref.id = dictionary->chunk.ref.id;
    put(shelf, std::array{other.frame(), chunk.frame()});
    CHECK_THROWS_AS((void)read(shelf, chunk.ref.id), Error);
  }
}

TEST_CASE("dictionary: each pack in which chunks begin that need it holds it whole") {
  Shelf shelf;
  const auto dictionary = trained(shelf.id_key);
  const std::size_t dictionary_bytes = dictionary->chunk.payload.size();
  const std::size_t room = pack_room({.suite = Suite::aegis256, .size_class = PackClass::mib16});
  // What is left of the first pack when the first chunk with a dictionary comes: nothing, room for
  // a part of the dictionary, for the dictionary alone, for a part of the chunk behind it.
  const std::vector<std::size_t> lefts{0,
                                       200,
                                       dictionary_bytes / 2,
                                       dictionary_bytes + 150,
                                       dictionary_bytes + 400,
                                       dictionary_bytes + 30'000};
  for (const std::size_t left : lefts) {
    CAPTURE(left);
    Shelf fresh;
    std::vector<NewChunk> chunks;
    std::size_t filled = 0;
    // 74 bytes are a tag and a table entry; 40 more a codec, and 2 count the codecs.
    for (std::size_t wanted = room - left - 42; wanted - filled > 74;) {
      const std::size_t size = std::min(limits::chunk_bytes_max, wanted - filled - 74);
      chunks.push_back(raw_chunk(fresh, fresh.random.bytes(size)));
      filled += size + 74;
    }
    std::vector<Bytes> pages;
    for (std::uint64_t i = 0; i < 300; ++i) {
      pages.push_back(page(2'000'000 + i));
      chunks.push_back(compressed_with(dictionary, fresh, pages.back()));
    }
    const std::vector<PackFacts> packs = write(fresh, chunks);
    REQUIRE(packs.size() == 2);
    for (const Bytes& plaintext : pages) {
      CHECK(read(fresh, fresh.id_of(plaintext)) == plaintext);
    }
    // Without the first pack, only what begins there is lost.
    fresh.store.remove(pack_key(packs[0].id));
    fresh.store.flush();
    CHECK(read(fresh, fresh.id_of(pages.back())) == pages.back());
  }
}
