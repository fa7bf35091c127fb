#include "vault/crypto/sealed_box.hpp"

#include <doctest/doctest.h>

#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/aead.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/kdf.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

struct TestPurpose;
using TestSecretKey = KemSecretKey<TestPurpose>;

constexpr std::size_t overhead = 1120 + 16;

TestSecretKey test_secret_key() {
  FixedRandom random(1);
  return TestSecretKey::generate(random);
}

Bytes test_box(std::string_view context, std::string_view plaintext) {
  FixedRandom random(2);
  return seal_box(public_key(test_secret_key()), as_bytes(context), as_bytes(plaintext), random);
}

// A box whose padded plaintext is exactly `padded`, as FORMAT.md §2 says and seal_box never makes.
Bytes box_around(ByteView padded) {
  FixedRandom random(3);
  const auto encapsulation =
      encapsulate(public_key(test_secret_key()), SecretBytes::copy_of(random.bytes(64)));
  const std::string info("muniment/sealed-box/v1\0context", 30);
  const auto key = SecretKey<TestPurpose>::from_bytes(
      hkdf_sha512(encapsulation->secret.view(), {}, as_bytes(info), 32));
  Bytes box;
  append(box, encapsulation->ciphertext.view());
  append(box, seal(Suite::xchacha20poly1305, *key, 0, padded));
  return box;
}

Bytes block(std::size_t size, std::initializer_list<std::pair<std::size_t, int>> set) {
  Bytes bytes(size);
  for (const auto& [index, value] : set) bytes[index] = static_cast<std::byte>(value);
  return bytes;
}

}  // namespace

TEST_CASE("sealed box: opens with its key and context, whatever the length") {
  FixedRandom random;
  const TestSecretKey key = TestSecretKey::generate(random);
  for (const std::size_t size : {0U, 1U, 254U, 255U, 256U, 257U, 511U, 512U, 5000U}) {
    const Bytes plaintext = random.bytes(size);
    const Bytes box = seal_box(public_key(key), as_bytes("context"), plaintext, random);
    CHECK(box.size() == overhead + (size / 256 + 1) * 256);
    CHECK(open_box(key, as_bytes("context"), box) == plaintext);
  }
}

TEST_CASE("sealed box: a plaintext that ends like padding comes back whole") {
  FixedRandom random;
  const TestSecretKey key = TestSecretKey::generate(random);
  for (const std::size_t zeros : {0U, 1U, 200U, 255U, 256U}) {
    Bytes plaintext{std::byte{1}, std::byte{0x80}};
    plaintext.resize(plaintext.size() + zeros);
    const Bytes box = seal_box(public_key(key), {}, plaintext, random);
    CHECK(open_box(key, {}, box) == plaintext);
  }
}

TEST_CASE("sealed box: the same inputs give the same bytes as ever") {
  const Bytes box = test_box("muniment/charter/v1", "member-name");
  CHECK(test::matches_golden("crypto/sealed_box.bin", box));
  const auto opened = open_box(test_secret_key(), as_bytes("muniment/charter/v1"),
                               test::read_golden("crypto/sealed_box.bin"));
  REQUIRE(opened);
  CHECK(as_text(*opened) == "member-name");
}

TEST_CASE("sealed box: another key or context does not open it") {
  const TestSecretKey key = test_secret_key();
  const Bytes box = test_box("context", "name");
  FixedRandom random(9);
  REQUIRE(open_box(key, as_bytes("context"), box));
  CHECK_FALSE(open_box(TestSecretKey::generate(random), as_bytes("context"), box));
  for (const std::string_view other : {"", "contex", "contexT", "context ", "Context"}) {
    CHECK_FALSE(open_box(key, as_bytes(other), box));
  }
}

TEST_CASE("sealed box: every flipped bit is refused") {
  const TestSecretKey key = test_secret_key();
  test::for_each_bit_flip(test_box("context", "name"), [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(open_box(key, as_bytes("context"), damaged));
  });
}

TEST_CASE("sealed box: every truncation and every byte too many is refused") {
  const TestSecretKey key = test_secret_key();
  Bytes box = test_box("context", "name");
  test::for_each_truncation(box, [&](ByteView cut) {
    CAPTURE(cut.size());
    CHECK_FALSE(open_box(key, as_bytes("context"), cut));
  });
  box.push_back(std::byte{0});
  CHECK_FALSE(open_box(key, as_bytes("context"), box));
}

TEST_CASE("sealed box: only the shortest padding is accepted") {
  const TestSecretKey key = test_secret_key();
  const auto open = [&](const Bytes& padded) {
    return open_box(key, as_bytes("context"), box_around(padded));
  };
  CHECK(open(block(256, {{0, 'a'}, {1, 0x80}})) == to_bytes("a"));
  CHECK(open(block(256, {{0, 0x80}})) == Bytes());
  CHECK(open(block(512, {{256, 0x80}})) == Bytes(256));
  CHECK_FALSE(open({}));                                  // not even a mark
  CHECK_FALSE(open(block(256, {})));                      // no mark
  CHECK_FALSE(open(block(256, {{0, 0x80}, {9, 0x01}})));  // something after the mark
  CHECK_FALSE(open(block(512, {{255, 0x80}})));           // a whole block of zeros
  CHECK_FALSE(open(block(255, {{0, 0x80}})));
  CHECK_FALSE(open(block(257, {{0, 0x80}})));
}

TEST_CASE(
    "sealed box: a replayed random generator gives other boxes for other plaintexts and places") {
  const auto ciphertext_of = [](std::string_view context, std::string_view plaintext) {
    const Bytes box = test_box(context, plaintext);
    return *KemCiphertext::from_bytes(ByteView(box).first(KemCiphertext::size));
  };
  const KemCiphertext first = ciphertext_of("context", "name");
  CHECK(ciphertext_of("context", "name") == first);
  CHECK(ciphertext_of("context", "Name") != first);
  CHECK(ciphertext_of("Context", "name") != first);
}

TEST_CASE(
    "sealed box: a recipient that is no x-wing key is an error, not a box that anyone opens") {
  FixedRandom random;
  KemPublicKey<TestPurpose> key = public_key(test_secret_key());
  std::ranges::fill(key.mutable_view().last(32), std::byte{0});
  CHECK_THROWS_AS((void)seal_box(key, {}, {}, random), Error);
}

}  // namespace muniment
