#include "vault/pack/header.hpp"

#include <doctest/doctest.h>

#include "tests/pack/sample.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"

namespace muniment::test {

namespace {

PackHeader sample_header() {
  FixedRandom random(3);
  return {.form = {.suite = Suite::xchacha20poly1305, .size_class = PackClass::mib4},
          .ciphertext = random.fixed<KemCiphertext>(),
          .commitment = random.fixed<PackCommitment>()};
}

bool decodes_to(ByteView bytes, HeaderFault fault) {
  const auto decoded = decode_header(bytes);
  const auto* const found = std::get_if<HeaderFault>(&decoded);
  return found != nullptr && *found == fault;
}

bool decodes_to(ByteView bytes, const PackHeader& header) {
  const auto decoded = decode_header(bytes);
  const auto* const found = std::get_if<PackHeader>(&decoded);
  return found != nullptr && *found == header;
}

}  // namespace

TEST_CASE("pack header: round trip") {
  const PackHeader header = sample_header();
  const Bytes bytes = encode_header(header);
  CHECK(bytes.size() == 1280);
  CHECK(decodes_to(bytes, header));
}

TEST_CASE("pack header: what follows it is not looked at") {
  Bytes bytes = encode_header(sample_header());
  append(bytes, as_bytes("and the rest of the pack"));
  CHECK(decodes_to(bytes, sample_header()));
}

TEST_CASE("pack header: golden file") {
  CHECK(matches_golden("pack/header.bin", encode_header(sample_header())));
  CHECK(decodes_to(read_golden("pack/header.bin"), sample_header()));
}

TEST_CASE("pack header: every truncation is refused") {
  for_each_truncation(encode_header(sample_header()),
                      [](ByteView bytes) { CHECK(decodes_to(bytes, HeaderFault::not_a_pack)); });
}

TEST_CASE("pack header: every turned bit is refused or gives another header") {
  const PackHeader header = sample_header();
  const Bytes good = encode_header(header);
  for_each_bit_flip(good, [&](ByteView bytes, std::size_t bit) {
    const std::size_t byte = bit / 8;
    CAPTURE(bit);
    CHECK_FALSE(decodes_to(bytes, header));
    if (byte < 8 || byte == 14 || byte == 15 || byte >= 1168) {
      CHECK(decodes_to(bytes, HeaderFault::not_a_pack));
    } else if (byte < 13 && byte != 9) {
      CHECK(decodes_to(bytes, HeaderFault::unsupported));
    } else if (byte >= 16) {
      CHECK(std::holds_alternative<PackHeader>(decode_header(bytes)));
    }
  });
}

TEST_CASE("pack header: a suite that is not known is unsupported, a class that is not, no pack") {
  Bytes bytes = encode_header(sample_header());
  bytes[9] = std::byte{3};
  CHECK(decodes_to(bytes, HeaderFault::unsupported));
  bytes = encode_header(sample_header());
  bytes[13] = std::byte{19};
  CHECK(decodes_to(bytes, HeaderFault::not_a_pack));
}

TEST_CASE("pack header: the key is found by its commitment, whichever place it has") {
  const SealedPack pack = sample_pack();
  const PackHeader header = std::get<PackHeader>(decode_header(pack.file));
  std::vector<EpochSecretKey> keys;
  CHECK_FALSE(find_pack_key(header, keys));
  keys.push_back(sample_epoch(2));
  keys.push_back(sample_epoch(3));
  CHECK_FALSE(find_pack_key(header, keys));
  keys.push_back(sample_epoch(1));
  const auto key = find_pack_key(header, keys);
  REQUIRE(key);
  CHECK(PackReader::open(PackBytes(ByteView(pack.file)), header.form, key->clone()));
}

TEST_CASE("pack header: any turned bit before the reserved bytes hides the key") {
  const SealedPack pack = sample_pack();
  const std::array keys{sample_epoch()};
  // One bit a byte in the ciphertext, since each costs a decapsulation.
  for (std::size_t byte = 9; byte < 1168; byte += byte < 16 || byte >= 1136 ? 1 : 5) {
    CAPTURE(byte);
    Bytes bytes(pack.file.begin(), pack.file.begin() + pack_format::header_bytes);
    bytes[byte] ^= std::byte{3};
    const auto decoded = decode_header(bytes);
    const auto* const header = std::get_if<PackHeader>(&decoded);
    if (header != nullptr) CHECK_FALSE(find_pack_key(*header, keys));
  }
}

}  // namespace muniment::test
