// What sealing gives: every frame back, and nothing to see from outside.
#include "vault/pack/seal.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "tests/pack/sample.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/error.hpp"
#include "vault/pack/tile.hpp"

namespace muniment::test {

namespace {

const std::array both_suites{Suite::aegis256, Suite::xchacha20poly1305};

}  // namespace

TEST_CASE("pack: every frame comes back, in both suites") {
  for (const Suite suite : both_suites) {
    const SealedPack pack = sample_pack(suite);
    const PackReader reader = open_sample(pack);
    CHECK(reader.form() == PackForm{.suite = suite, .size_class = PackClass::mib1});
    CHECK(reader.table() == pack.table);
    CHECK(reader.head() == pack.head);
    REQUIRE(reader.table().frames.size() == 3);
    for (std::size_t frame = 0; frame < 3; ++frame) {
      const SampleChunk chunk = sample_chunk(reader.entry(frame).stored_bytes, 100 + frame);
      CHECK(reader.read_frame(frame) == chunk.payload);
      CHECK(frame_part(reader.head(), frame) == FramePart{});
    }
    CHECK(reader.codec(0) == Codec{});
    CHECK(reader.codec(2) == zstd_codec);
    CHECK(reader.tail_is_sound());
  }
}

}  // namespace muniment::test
