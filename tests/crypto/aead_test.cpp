#include "vault/crypto/aead.hpp"

#include <doctest/doctest.h>

#include "tests/crypto/hex.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"

namespace muniment {

using test::byte_range;
using test::FixedRandom;
using test::hex;

namespace {

using TestKey = SecretKey<struct TestPurpose>;

constexpr std::array suites{Suite::aegis256, Suite::xchacha20poly1305};

constexpr std::string_view sunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    "sunscreen would be it.";

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

TEST_CASE("aead: the vectors 1 and 2 of draft-irtf-cfrg-aegis-aead for AEGIS-256") {
  Bytes key_bytes = hex("1001");
  key_bytes.resize(TestKey::size);
  const TestKey key = *TestKey::from_bytes(key_bytes);
  constexpr std::uint64_t nonce = 0x020010;  // 10 00 02 00 00 ...
  CHECK(to_hex(seal(Suite::aegis256, key, nonce, Bytes(16))) ==
        "754fc3d8c973246dcc6d741412a4b236"
        "1181a1d18091082bf0266f66297d167d2e68b845f61a3b0527d31fc7b7b89f13");
  CHECK(to_hex(seal(Suite::aegis256, key, nonce, {})) ==
        "6a348c930adbd654896e1666aad67de989ea75ebaa2b82fb588977b1ffec864a");
}

// The draft's own vector has associated data; this is the answer of another implementation that
// gives the draft's.
TEST_CASE("aead: XChaCha20-Poly1305 of the draft's message with a counter for nonce") {
  const TestKey key = *TestKey::from_bytes(byte_range(0x80, 0x9f));
  CHECK(to_hex(seal(Suite::xchacha20poly1305, key, 0x0807060504030201, as_bytes(sunscreen))) ==
        "129f5d7826cf7c2393330202a7a72281d06655a6ad0a36bccf67308336a8473839c4899138650833d36519ef4f"
        "83f8d478df8e316b24c7b884b30660d19cd20df734ce63974e57f0c309813b116acf7302213f84a24c72469c2f"
        "44b64c0caf4fac8b9fe30a75dc042ff0bfaf04c8df1211049f5c715879d401296e8eb1eb82d9cefc");
}

TEST_CASE("aead: ChaCha20-Poly1305 of RFC 8439's message, without its associated data") {
  const Bytes key = byte_range(0x80, 0x9f);
  const Bytes nonce = hex("070000004041424344454647");
  const Bytes sealed = chacha20poly1305_seal(key, nonce, as_bytes(sunscreen));
  CHECK(to_hex(sealed) ==
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da"
        "92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585"
        "808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61166a23a4681fd59456aea1d29f82477216");
  const auto opened = chacha20poly1305_open(key, nonce, sealed);
  REQUIRE(opened);
  CHECK(as_text(opened->view()) == sunscreen);
}

TEST_CASE(
    "aead: ChaCha20-Poly1305 refuses another key, another nonce, every bit flip and every cut") {
  const Bytes key = byte_range(0x80, 0x9f);
  const Bytes nonce = hex("070000004041424344454647");
  const Bytes sealed = chacha20poly1305_seal(key, nonce, as_bytes("file key"));
  CHECK_FALSE(chacha20poly1305_open(byte_range(0x81, 0xa0), nonce, sealed));
  CHECK_FALSE(chacha20poly1305_open(key, hex("070000004041424344454648"), sealed));
  test::for_each_bit_flip(sealed, [&](ByteView damaged, std::size_t) {
    CHECK_FALSE(chacha20poly1305_open(key, nonce, damaged));
  });
  test::for_each_truncation(
      sealed, [&](ByteView cut) { CHECK_FALSE(chacha20poly1305_open(key, nonce, cut)); });
}

TEST_CASE("aead: what is sealed opens again, from nothing to several blocks") {
  FixedRandom random;
  const TestKey key = TestKey::generate(random);
  for (const Suite suite : suites) {
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 255U, 4096U, 100'001U}) {
      const Bytes plaintext = random.bytes(size);
      const Bytes sealed = seal(suite, key, size, plaintext);
      CHECK(sealed.size() == size + tag_bytes(suite));
      CHECK(open(suite, key, size, sealed) == plaintext);
    }
  }
}

TEST_CASE("aead: another key, nonce or suite is refused and the plaintext wiped") {
  FixedRandom random;
  const TestKey key = TestKey::generate(random);
  const TestKey other = TestKey::generate(random);
  for (const Suite suite : suites) {
    const Bytes sealed = seal(suite, key, 7, as_bytes(sunscreen));
    Bytes plaintext(sunscreen.size(), std::byte{0x55});
    CHECK_FALSE(open(suite, other, 7, sealed, plaintext));
    CHECK(all_zero(plaintext));
    std::ranges::fill(plaintext, std::byte{0x55});
    CHECK_FALSE(open(suite, key, 7ULL << 32U, sealed, plaintext));
    CHECK(all_zero(plaintext));
    for (const Suite read_as : suites)
      CHECK(open(read_as, key, 7, sealed).has_value() == (read_as == suite));
  }
}

TEST_CASE("aead: every bit flip is refused and the plaintext wiped") {
  FixedRandom random;
  const TestKey key = TestKey::generate(random);
  for (const Suite suite : suites) {
    const Bytes sealed = seal(suite, key, 1, as_bytes(sunscreen));
    Bytes plaintext(sunscreen.size());
    test::for_each_bit_flip(sealed, [&](ByteView damaged, std::size_t) {
      std::ranges::fill(plaintext, std::byte{0x55});
      CHECK_FALSE(open(suite, key, 1, damaged, plaintext));
      CHECK(all_zero(plaintext));
    });
  }
}

TEST_CASE("aead: every cut is refused, shorter than a tag too") {
  FixedRandom random;
  const TestKey key = TestKey::generate(random);
  for (const Suite suite : suites) {
    const Bytes sealed = seal(suite, key, 1, as_bytes(sunscreen));
    test::for_each_truncation(sealed, [&](ByteView cut) { CHECK_FALSE(open(suite, key, 1, cut)); });
    Bytes plaintext(3, std::byte{0x55});
    CHECK_FALSE(open(suite, key, 1, ByteView(sealed).first(tag_bytes(suite) - 1), plaintext));
    CHECK(all_zero(plaintext));
  }
}

TEST_CASE("aead: only the numbers of the two suites name a suite") {
  for (unsigned value = 0; value < 256; ++value) {
    const auto suite = suite_from(static_cast<std::uint8_t>(value));
    CHECK(suite.has_value() == (value == 1 || value == 2));
    if (suite) CHECK(static_cast<unsigned>(*suite) == value);
  }
  CHECK(std::ranges::find(suites, suite_for_this_machine()) != suites.end());
}

}  // namespace muniment
