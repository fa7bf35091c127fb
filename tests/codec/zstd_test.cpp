#include "vault/codec/zstd.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;

namespace {

// Lines such as an export of people has; different for each seed.
Bytes table(std::size_t size, std::uint64_t seed = 1) {
  test::FixedRandom random(seed);
  Bytes text;
  while (text.size() < size) {
    append(text, as_bytes("person,"));
    append(text, as_bytes(std::to_string(random.below(1'000'000))));
    append(text, as_bytes(",born,"));
    append(text, as_bytes(std::to_string(1930 + random.below(80))));
    append(text, as_bytes(",prefecture,Kashgar\n"));
  }
  text.resize(size);
  return text;
}

std::optional<Bytes> decompressed(ByteView compressed, std::size_t size,
                                  const ZstdDictionary* dictionary = nullptr) {
  Bytes plaintext(size);
  if (!ZstdDecompressor().decompress(compressed, plaintext, dictionary)) return std::nullopt;
  return plaintext;
}

Bytes trained_dictionary() {
  std::vector<Bytes> samples;
  samples.reserve(300);
  for (std::uint64_t seed = 0; seed < 300; ++seed) samples.push_back(table(2000, seed));
  const std::vector<ByteView> views(samples.begin(), samples.end());
  return ZstdDictionary::train(views, 8192).value();
}

// With the library's own interface: frames that ours would never write.
Bytes foreign_frame(ByteView plaintext, bool content_size, bool checksum, int window_log) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, content_size ? 1 : 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, checksum ? 1 : 0);
  if (window_log != 0) ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  Bytes frame(ZSTD_compressBound(plaintext.size()));
  const std::size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), plaintext.data(), plaintext.size());
  REQUIRE(ZSTD_isError(size) == 0);
  frame.resize(size);
  return frame;
}

}  // namespace

TEST_CASE("zstd: every level gives back what it was given, at every size class") {
  for (const int level : {1, 3, 12, 19}) {
    ZstdCompressor compressor(level);
    ZstdDecompressor decompressor;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{256}, std::size_t{65'791},
          std::size_t{65'792}, std::size_t{700'000}}) {
      CAPTURE(level);
      CAPTURE(size);
      const Bytes plaintext = table(size);
      const Bytes compressed = compressor.compress(plaintext);
      CHECK(compressed.size() <= size / 3 + 64);
      Bytes back(size);
      REQUIRE(decompressor.decompress(compressed, back));
      CHECK(back == plaintext);
    }
  }
}

TEST_CASE("zstd: the largest chunk passes at a level whose window is smaller than it") {
  const Bytes plaintext = table(limits::chunk_bytes_max);
  CHECK(decompressed(ZstdCompressor(1).compress(plaintext), plaintext.size()) == plaintext);
}

TEST_CASE("zstd: random bytes grow a little and come back") {
  const Bytes plaintext = test::FixedRandom(1).bytes(300'000);
  const Bytes compressed = ZstdCompressor(3).compress(plaintext);
  CHECK(compressed.size() < plaintext.size() + 100);
  CHECK(decompressed(compressed, plaintext.size()) == plaintext);
}

TEST_CASE("zstd: what was compressed before has no influence") {
  ZstdCompressor used(3);
  (void)used.compress(table(100'000, 7));
  CHECK(used.compress(table(5000)) == ZstdCompressor(3).compress(table(5000)));
}

TEST_CASE("zstd: a frame that states another size than it should is refused") {
  const Bytes compressed = ZstdCompressor(3).compress(table(5000));
  CHECK(decompressed(compressed, 5000));
  for (const std::size_t size : {0U, 1U, 4999U, 5001U, 1'000'000U})
    CHECK_FALSE(decompressed(compressed, size));
}

TEST_CASE("zstd: bytes behind the frame are refused, be they another frame or an empty one") {
  const Bytes compressed = ZstdCompressor(3).compress(table(5000));
  Bytes longer = compressed;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decompressed(longer, 5000));
  for (const std::size_t size : {0U, 5000U}) {
    Bytes doubled = compressed;
    append(doubled, ZstdCompressor(3).compress(table(size)));
    CHECK_FALSE(decompressed(doubled, 5000));
    CHECK_FALSE(decompressed(doubled, 5000 + size));
  }
}

TEST_CASE("zstd: a skippable frame before or behind is refused") {
  Bytes skippable;
  ByteWriter writer(skippable);
  writer.u32(ZSTD_MAGIC_SKIPPABLE_START);
  writer.u32(0);
  const Bytes compressed = ZstdCompressor(3).compress(table(5000));
  Bytes before = skippable;
  append(before, compressed);
  CHECK_FALSE(decompressed(before, 5000));
  Bytes behind = compressed;
  append(behind, skippable);
  CHECK_FALSE(decompressed(behind, 5000));
  CHECK_FALSE(decompressed(skippable, 0));
}

TEST_CASE("zstd: a frame with a checksum or without its size is not ours and refused") {
  const Bytes plaintext = table(5000);
  CHECK(decompressed(foreign_frame(plaintext, true, false, 0), 5000) == plaintext);
  CHECK_FALSE(decompressed(foreign_frame(plaintext, true, true, 0), 5000));
  CHECK_FALSE(decompressed(foreign_frame(plaintext, false, false, 0), 5000));
}

TEST_CASE("zstd: a frame may ask for a window up to its content and no larger") {
  const Bytes plaintext = table(200'000);
  Bytes frame = foreign_frame(plaintext, true, false, 16);
  CHECK(decompressed(frame, plaintext.size()) == plaintext);
  REQUIRE((frame[4] & std::byte{0x20}) == std::byte{0});  // so a window descriptor follows
  frame[5] = std::byte{7 << 3 | 4};                       // 196,608 bytes
  CHECK(decompressed(frame, plaintext.size()) == plaintext);
  frame[5] = std::byte{8 << 3};  // 256 KiB
  CHECK_FALSE(decompressed(frame, plaintext.size()));
  frame[5] = std::byte{0xff};  // 3.75 TiB
  CHECK_FALSE(decompressed(frame, plaintext.size()));
}

TEST_CASE("zstd: every truncation is refused") {
  const Bytes compressed = ZstdCompressor(3).compress(table(2000));
  ZstdDecompressor decompressor;
  Bytes plaintext(2000);
  test::for_each_truncation(compressed, [&](ByteView prefix) {
    CHECK_FALSE(decompressor.decompress(prefix, plaintext));
  });
}

TEST_CASE("zstd: a flipped bit is refused in the header, and nowhere writes past the end") {
  // Behind the header zstd has several spellings for the same bytes: telling them apart is the
  // AEAD's business.
  constexpr std::size_t header_bits = 56;  // magic number, descriptor, two bytes of content size
  const Bytes compressed = ZstdCompressor(3).compress(table(300));
  ZstdDecompressor decompressor;
  Bytes memory(300 + 64, std::byte{0xa5});
  const MutableByteView plaintext = MutableByteView(memory).first(300);
  const ByteView behind = ByteView(memory).subspan(300);
  test::for_each_bit_flip(compressed, [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    const bool accepted = decompressor.decompress(damaged, plaintext);
    if (bit < header_bits) CHECK_FALSE(accepted);
    REQUIRE(equal(behind, Bytes(64, std::byte{0xa5})));
  });
  CHECK(decompressor.decompress(compressed, plaintext));
  CHECK(equal(plaintext, table(300)));
}

TEST_CASE("zstd: a frame written once is read for ever") {
  const Bytes plaintext = table(3000);
  constexpr std::uint32_t version_of_golden = 10504;
  if (zstd_version() == version_of_golden) {
    CHECK(test::matches_golden("codec/level-3.zst", ZstdCompressor(3).compress(plaintext)));
  }
  CHECK(decompressed(test::read_golden("codec/level-3.zst"), plaintext.size()) == plaintext);
}

TEST_CASE("zstd dictionary: a trained one saves bytes, and is needed to read them again") {
  const Bytes content = trained_dictionary();
  CHECK(content.size() <= 8192);
  const auto dictionary = ZstdDictionary::prepare(content, 3);
  REQUIRE(dictionary);
  const Bytes plaintext = table(1000, 1000);
  const Bytes compressed = ZstdCompressor(3).compress(plaintext, &*dictionary);
  CHECK(compressed.size() < ZstdCompressor(3).compress(plaintext).size());
  CHECK(decompressed(compressed, plaintext.size(), &*dictionary) == plaintext);
  CHECK(decompressed(compressed, plaintext.size()) != plaintext);
}

TEST_CASE("zstd dictionary: any bytes are one") {
  const Bytes content = table(10'000, 3);
  const auto dictionary = ZstdDictionary::prepare(content, 3);
  REQUIRE(dictionary);
  const ByteView plaintext = ByteView(content).first(5000);
  const Bytes compressed = ZstdCompressor(19).compress(plaintext, &*dictionary);
  CHECK(compressed.size() < 100);
  CHECK(equal(decompressed(compressed, plaintext.size(), &*dictionary).value(), plaintext));
}

TEST_CASE("zstd dictionary: the next frame does without it again") {
  const auto dictionary = ZstdDictionary::prepare(table(10'000, 3), 3);
  ZstdCompressor compressor(3);
  (void)compressor.compress(table(5000), &*dictionary);
  CHECK(compressor.compress(table(5000)) == ZstdCompressor(3).compress(table(5000)));
}

TEST_CASE("zstd dictionary: bytes that only begin like a trained one are refused") {
  Bytes content = trained_dictionary();
  CHECK(ZstdDictionary::prepare(content, 3));
  content.resize(40);
  CHECK_FALSE(ZstdDictionary::prepare(content, 3));
}

TEST_CASE("zstd dictionary: too few samples train none") {
  const Bytes sample = table(100);
  const std::vector<ByteView> samples = {sample};
  CHECK_FALSE(ZstdDictionary::train(samples, 8192));
  CHECK_FALSE(ZstdDictionary::train({}, 8192));
}

TEST_CASE("zstd: the version is stored as the library numbers it") {
  CHECK(zstd_version() >= 10500);
  CHECK(zstd_version() < 20000);
}
