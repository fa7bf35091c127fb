#include "vault/crypto/kem.hpp"

#include <doctest/doctest.h>

#include "tests/crypto/hex.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

using test::FixedRandom;
using test::hex;

namespace {

struct TestPurpose;
using TestSecretKey = KemSecretKey<TestPurpose>;
using TestPublicKey = KemPublicKey<TestPurpose>;

struct Vector {
  std::string_view seed;
  std::string_view randomness;  // 64 bytes, or one that stands for all of them
  std::string_view public_key_start;
  std::string_view ciphertext_start;
  std::string_view secret;
};

constexpr std::string_view zeros =
    "0000000000000000000000000000000000000000000000000000000000000000";

// The first is of draft-connolly-cfrg-xwing-kem, appendix C; the others are those that libsodium
// tests.
constexpr std::array vectors{
    Vector{"7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
           "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
           "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
           "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5",
           "b83aa828d4d62b9a83ceffe1d3d3bb1ef31264643c070c5798927e41fb07914a",
           "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384"},
    Vector{zeros, "64", "3d209f716752f6408e7f89bceef97ac388530045377927644ef046c0a7cae978",
           "d81018a94f8078e02105beaa814e003390befa4589bb614f7739",
           "e5ba94031ea6efd69c09c254f6d9783136ba6037e2d4c43bcccf19d6f3f4343a"},
    Vector{"0101010101010101010101010101010101010101010101010101010101010101", "65",
           "ec7b50cddc8360f98b189bac73d395ef947b37d8453886a253269f7b18b9eb78",
           "600ecf4026683898d0e339eeea9ebd437a4a802952bf32bfa326",
           "750300db25bff9620e893c2c6fcab9bf04d7f2e543b5b39420485626fa274908"},
    Vector{"0202020202020202020202020202020202020202020202020202020202020202", "66",
           "08118d8819772292c976ec971ee3039195800c823544484595cc63450b9db941",
           "413c55d5710bae6376761dada807daffd4dc45f9f70d825e0d46",
           "87292f18b2e7af74bb8839ddee15e832d2f4bfac14dc84f824906d951436aafa"}};

SecretBytes encapsulation_seed(ByteView bytes) {
  return SecretBytes::copy_of(bytes.size() == 1 ? Bytes(64, bytes.front())
                                                : Bytes(bytes.begin(), bytes.end()));
}

}  // namespace

TEST_CASE("x-wing: the known keys, ciphertexts and secrets") {
  for (const Vector& vector : vectors) {
    const TestSecretKey secret_key = *TestSecretKey::from_bytes(hex(vector.seed));
    const TestPublicKey key = public_key(secret_key);
    CHECK(key.hex().starts_with(vector.public_key_start));
    const auto sent = encapsulate(key, encapsulation_seed(hex(vector.randomness)));
    REQUIRE(sent);
    CHECK(sent->ciphertext.hex().starts_with(vector.ciphertext_start));
    CHECK(to_hex(sent->secret.view()) == vector.secret);
    const auto received = decapsulate(secret_key, sent->ciphertext);
    REQUIRE(received);
    CHECK(to_hex(received->view()) == vector.secret);
  }
}

TEST_CASE("x-wing: encapsulation is a function of public key and seed") {
  FixedRandom random;
  const TestPublicKey key = public_key(TestSecretKey::generate(random));
  const TestPublicKey other = public_key(TestSecretKey::generate(random));
  const SecretBytes seed = SecretBytes::copy_of(random.bytes(64));
  const auto first = encapsulate(key, seed);
  const auto again = encapsulate(key, seed);
  REQUIRE((first && again));
  CHECK(again->ciphertext == first->ciphertext);
  CHECK(equal(again->secret.view(), first->secret.view()));
  CHECK_FALSE(equal(encapsulate(other, seed)->secret.view(), first->secret.view()));
}

TEST_CASE("x-wing: a replayed random generator gives another secret for another plaintext") {
  FixedRandom random;
  const TestPublicKey key = public_key(TestSecretKey::generate(random));
  const auto hedged = [&](std::string_view plaintext) {
    FixedRandom rolled_back(7);
    return encapsulate(key, blake2b_512(rolled_back.bytes(64), as_bytes(plaintext)));
  };
  const auto one = hedged("one table");
  const auto two = hedged("two table");
  CHECK(hedged("one table")->ciphertext == one->ciphertext);
  CHECK(two->ciphertext != one->ciphertext);
  CHECK_FALSE(equal(two->secret.view(), one->secret.view()));
}

TEST_CASE("x-wing: another key or a damaged ciphertext gives another secret, never the right one") {
  FixedRandom random;
  const TestSecretKey secret_key = TestSecretKey::generate(random);
  const auto sent = encapsulate(public_key(secret_key), SecretBytes::copy_of(random.bytes(64)));
  const auto differs = [&](const TestSecretKey& key, const KemCiphertext& ciphertext) {
    const auto received = decapsulate(key, ciphertext);
    return !received || !equal(received->view(), sent->secret.view());
  };
  REQUIRE_FALSE(differs(secret_key, sent->ciphertext));
  CHECK(differs(TestSecretKey::generate(random), sent->ciphertext));
  for (std::size_t i = 0; i < KemCiphertext::size; ++i) {
    KemCiphertext damaged = sent->ciphertext;
    damaged.mutable_view()[i] ^= std::byte{0x80};
    CHECK(differs(secret_key, damaged));
  }
}

TEST_CASE(
    "x-wing: what is not a public key, or would give a secret that anyone knows, is refused") {
  FixedRandom random;
  const SecretBytes seed = SecretBytes::copy_of(random.bytes(64));
  const TestPublicKey key = public_key(TestSecretKey::generate(random));
  REQUIRE(encapsulate(key, seed));

  TestPublicKey low_order = key;  // X25519 half all zeros
  std::ranges::fill(low_order.mutable_view().last(32), std::byte{0});
  CHECK_FALSE(encapsulate(low_order, seed));

  TestPublicKey unreduced = key;  // a coefficient of 4095, above ML-KEM's modulus
  std::ranges::fill(unreduced.mutable_view().first(2), std::byte{0xff});
  CHECK_FALSE(encapsulate(unreduced, seed));
}

}  // namespace muniment
