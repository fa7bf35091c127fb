#include "vault/codec/probe.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;
using namespace std::string_view_literals;

namespace {

Bytes prose(std::size_t size) {
  Bytes text;
  while (text.size() < size)
    append(text, as_bytes("the quick brown fox jumps over the lazy dog. "));
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("probe: formats that are compressed inside are known by their first bytes") {
  for (const std::string_view beginning : {"\xff\xd8\xff\xe0\0\x10JFIF"sv,
                                           "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv,
                                           "GIF89a"sv,
                                           "GIF87a"sv,
                                           "RIFF\x10\x20\0\0WEBPVP8 "sv,
                                           "RIFF\x10\x20\0\0AVI LIST"sv,
                                           "\0\0\0\x18"
                                           "ftypheic"sv,
                                           "\0\0\0\x20"
                                           "ftypisom"sv,
                                           "\x1a\x45\xdf\xa3\x01"sv,
                                           "ID3\x04"sv,
                                           "\xff\xfb\x90\x44"sv,
                                           "OggS\0"sv,
                                           "fLaC\0"sv,
                                           "PK\x03\x04\x14"sv,
                                           "\x1f\x8b\x08\0"sv,
                                           "\xfd"
                                           "7zXZ\0\0"sv,
                                           "\x28\xb5\x2f\xfd\x24"sv,
                                           "BZh91AY&SY"sv,
                                           "7z\xbc\xaf\x27\x1c\0"sv,
                                           "Rar!\x1a\x07\x01\0"sv}) {
    CAPTURE(to_hex(as_bytes(beginning)));
    CHECK_FALSE(magic_says_compressible(as_bytes(beginning)));
  }
}

TEST_CASE("probe: other beginnings, and those cut short, are worth a sample") {
  for (const std::string_view beginning :
       {""sv, "\xff"sv, "\xff\xd8"sv, "\x89PNG"sv, "%PDF-1.7"sv, "SQLite format 3\0"sv,
        "RIFF\x10\x20\0\0WAVEfmt "sv, "PK"sv, "BZh9"sv, "\xff\xfe<\0?\0"sv, "<?xml"sv,
        " PK\x03\x04"sv}) {
    CAPTURE(to_hex(as_bytes(beginning)));
    CHECK(magic_says_compressible(as_bytes(beginning)));
  }
}

TEST_CASE("probe: random bytes do not look compressible at any size worth sampling") {
  test::FixedRandom random(1);
  for (const std::size_t size : {std::size_t{4096}, std::size_t{8191}, std::size_t{8192},
                                 std::size_t{100'000}, limits::chunk_bytes_max}) {
    CAPTURE(size);
    CHECK_FALSE(sample_says_compressible(random.bytes(size)));
  }
}

TEST_CASE("probe: text, numbers and base64 look compressible") {
  CHECK(sample_says_compressible(prose(1'000'000)));
  CHECK(sample_says_compressible(Bytes(100'000)));
  Bytes sixty_four = test::FixedRandom(2).bytes(100'000);
  for (std::byte& byte : sixty_four) byte &= std::byte{63};
  CHECK(sample_says_compressible(sixty_four));
}

TEST_CASE("probe: what is smaller than a sample is always worth trying") {
  CHECK(sample_says_compressible({}));
  CHECK(sample_says_compressible(test::FixedRandom(3).bytes(4095)));
}

TEST_CASE("probe: a compressible part of a random chunk is seen where it counts") {
  Bytes chunk = test::FixedRandom(4).bytes(1'000'000);
  CHECK_FALSE(sample_says_compressible(chunk));
  std::ranges::copy(prose(200'000), chunk.begin() + 400'000);
  CHECK(sample_says_compressible(chunk));
}

TEST_CASE("probe: one bit less in eight is worth it, a hundredth of a bit is not") {
  Bytes seven_bits = test::FixedRandom(5).bytes(200'000);
  Bytes nearly_eight = seven_bits;
  for (std::byte& byte : seven_bits) byte &= std::byte{0x7f};
  for (std::byte& byte : nearly_eight) {
    if (byte < std::byte{4}) byte = std::byte{4};
  }
  CHECK(sample_says_compressible(seven_bits));
  CHECK_FALSE(sample_says_compressible(nearly_eight));
}
