#include "vault/pack/shard_blocks.hpp"

#include <doctest/doctest.h>

#include "tests/support/faulty_file_system.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/base/error.hpp"

namespace muniment::test {

namespace {

// A pack's body, and the file that it comes into.
struct Arriving {
  explicit Arriving(PackClass size_class)
      : shard(shard_bytes(size_class)), body(FixedRandom(1).bytes(body_bytes(size_class))) {}

  void put(ShardBlocks& blocks, std::size_t first, std::size_t count) const {
    blocks.put(first, ByteView(body).subspan(first * shard, count * shard));
  }
  [[nodiscard]] bool is_in_file() {
    const auto bytes = read_file(files, "body", body.size());
    return bytes && equal(*bytes, body);
  }
  [[nodiscard]] std::size_t count_writes() const {
    return static_cast<std::size_t>(std::ranges::count(
        recorder.operations(), FileOperation::Kind::write, &FileOperation::kind));
  }

  std::size_t shard;
  Bytes body;
  MemoryFileSystem files;
  FaultyFileSystem recorder{files};
  std::unique_ptr<File> file = recorder.create("body");
};

}  // namespace

TEST_CASE("shard blocks: shards that come in order are written in blocks of two MiB") {
  Arriving arriving(PackClass::mib16);
  ShardBlocks blocks(*arriving.file, arriving.shard);
  for (std::size_t first = 0; first < 256; first += 4) arriving.put(blocks, first, 4);
  blocks.flush();
  CHECK(arriving.is_in_file());
  CHECK(arriving.count_writes() == 8);
}

TEST_CASE("shard blocks: in whatever order and runs shards come, the file is the body") {
  for (const auto size_class : {PackClass::mib1, PackClass::mib4, PackClass::mib16}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      CAPTURE(seed);
      Arriving arriving(size_class);
      FixedRandom random(seed);
      ShardBlocks blocks(*arriving.file, arriving.shard);
      std::bitset<256> held;
      while (!held.all()) {
        const std::size_t first = random.below(256);
        const std::size_t count = 1 + random.below(std::min<std::size_t>(40, 256 - first));
        arriving.put(blocks, first, count);
        for (std::size_t i = first; i < first + count; ++i) held.set(i);
        if (random.below(16) == 0) blocks.flush();
      }
      blocks.flush();
      CHECK(arriving.is_in_file());
    }
  }
}

TEST_CASE("shard blocks: shards of two peers in turn are gathered, too") {
  Arriving arriving(PackClass::mib16);
  ShardBlocks blocks(*arriving.file, arriving.shard);
  for (std::size_t first = 0; first < 256; first += 8) {
    arriving.put(blocks, first + 4, 4);
    arriving.put(blocks, first, 4);
  }
  blocks.flush();
  CHECK(arriving.is_in_file());
  CHECK(arriving.count_writes() == 8);
}

TEST_CASE("shard blocks: a write that failed is told by what comes after it") {
  for (std::size_t failing = 1; failing <= 8; ++failing) {
    CAPTURE(failing);
    Arriving arriving(PackClass::mib16);
    arriving.recorder.set_fault(Fault{.operation = failing, .error_number = 28});
    ShardBlocks blocks(*arriving.file, arriving.shard);
    const auto receive = [&] {
      for (std::size_t first = 0; first < 256; first += 4) arriving.put(blocks, first, 4);
      blocks.flush();
    };
    CHECK_THROWS_AS(receive(), Error);
    // Nothing of the failed block is kept: it has to come again.
    CHECK_NOTHROW(receive());
    CHECK(arriving.is_in_file());
  }
}

TEST_CASE("shard blocks: what is gathered when they are given up is waited for and lost") {
  Arriving arriving(PackClass::mib16);
  {
    ShardBlocks blocks(*arriving.file, arriving.shard);
    arriving.put(blocks, 0, 33);
  }
  CHECK(arriving.count_writes() == 1);
}

}  // namespace muniment::test
