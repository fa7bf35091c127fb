#include "vault/crypto/sign.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/crypto/hex.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/skip.hpp"

namespace muniment {

using test::FixedRandom;
using test::hex;

namespace {

struct Vector {
  std::string_view seed;
  std::string_view public_key;
  std::string_view message;
  std::string_view signature;
};

// RFC 8032 §7.1, tests 1 to 3.
constexpr std::array vectors{
    Vector{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
           "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
           "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
           "01cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    Vector{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
           "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
           "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
           "3d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    Vector{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
           "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
           "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
           "0984dc6594a7c15e9716ed28dc027beceea1ec40a"}};

}  // namespace

TEST_CASE("ed25519: the signatures of RFC 8032") {
  for (const Vector& vector : vectors) {
    const auto key = SigningKey<LogPurpose>::from_bytes(hex(vector.seed));
    REQUIRE(key);
    CHECK(verify_key(*key).hex() == vector.public_key);
    const Bytes message = hex(vector.message);
    const Signature signature = sign(*key, message);
    CHECK(signature.hex() == vector.signature);
    CHECK(verify(verify_key(*key), message, signature));
  }
}

TEST_CASE("ed25519: another message, key or any flipped bit of the signature is refused") {
  FixedRandom random;
  const auto key = SigningKey<LogPurpose>::generate(random);
  const auto other = SigningKey<LogPurpose>::generate(random);
  const Signature signature = sign(key, as_bytes("checkpoint"));
  REQUIRE(verify(verify_key(key), as_bytes("checkpoint"), signature));
  CHECK_FALSE(verify(verify_key(key), as_bytes("checkpoinT"), signature));
  CHECK_FALSE(verify(verify_key(key), {}, signature));
  CHECK_FALSE(verify(verify_key(other), as_bytes("checkpoint"), signature));
  test::for_each_bit_flip(signature.view(), [&](ByteView damaged, std::size_t) {
    CHECK_FALSE(verify(verify_key(key), as_bytes("checkpoint"), *Signature::from_bytes(damaged)));
  });
}

TEST_CASE("ed25519: which keys were looked at before changes no verdict") {
  FixedRandom random;
  const auto first = SigningKey<LogPurpose>::generate(random);
  const auto place = [](const auto& key) { return verify_key(key).view().front(); };
  auto second = SigningKey<LogPurpose>::generate(random);
  while (place(second) != place(first)) second = SigningKey<LogPurpose>::generate(random);
  const Signature by_first = sign(first, as_bytes("checkpoint"));
  const Signature by_second = sign(second, as_bytes("checkpoint"));
  VerifyKey<LogPurpose> no_point = verify_key(first);
  no_point.mutable_view().back() ^= std::byte{0x80};
  for (int i = 0; i < 3; ++i) {
    CHECK(verify(verify_key(first), as_bytes("checkpoint"), by_first));
    CHECK_FALSE(verify(verify_key(second), as_bytes("checkpoint"), by_first));
    CHECK_FALSE(verify(no_point, as_bytes("checkpoint"), by_first));
    CHECK(verify(verify_key(second), as_bytes("checkpoint"), by_second));
    CHECK_FALSE(verify(VerifyKey<LogPurpose>{}, as_bytes("checkpoint"), Signature{}));
  }
}

TEST_CASE("ed25519: of 914 edge cases one is accepted, so that no two partners ever disagree") {
  const char* folder = std::getenv("MUNIMENT_VECTORS");
  if (folder == nullptr) {
    test::skip("MUNIMENT_VECTORS is not set");
    return;
  }
  std::ifstream file(std::filesystem::path(folder) / "ed25519" / "ed25519vectors.json");
  REQUIRE(file);
  const auto cases = nlohmann::json::parse(file);
  CHECK(cases.size() == 914);
  int accepted = 0;
  for (const auto& edge : cases) {
    const auto key = VerifyKey<LogPurpose>::from_hex(edge.at("key").get<std::string>());
    const auto signature = Signature::from_hex(edge.at("sig").get<std::string>());
    REQUIRE((key && signature));
    const auto message = edge.at("msg").get<std::string>();
    if (!verify(*key, as_bytes(message), *signature)) continue;
    ++accepted;
    CHECK(edge.at("flags").is_null());  // nothing is odd about it
  }
  CHECK(accepted == 1);
}

}  // namespace muniment
