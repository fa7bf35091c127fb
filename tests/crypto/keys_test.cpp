#include "vault/crypto/keys.hpp"

#include <doctest/doctest.h>

#include "tests/crypto/hex.hpp"

// The known answers are those of CPython's hashlib for the key 00 01 .. 1f.
namespace muniment {

using test::byte_range;

TEST_CASE("keys: a chunk id is keyed blake2b-256 of the chunk's sha-256") {
  const auto key = IdKey::from_bytes(byte_range(0x00, 0x1f));
  REQUIRE(key);
  CHECK(chunk_id(*key, sha256(as_bytes("abc"))).hex() ==
        "e9d00ab1c8269ec0510fb0f79d7ff2146beda3d72fee6fc66def31b321ad26d3");
}

TEST_CASE("keys: under another key the same chunk has another id") {
  const Sha256Digest digest = sha256(as_bytes("abc"));
  const auto key = IdKey::from_bytes(byte_range(0x00, 0x1f));
  const auto other = IdKey::from_bytes(byte_range(0x01, 0x20));
  CHECK(chunk_id(*key, digest) != chunk_id(*other, digest));
}

TEST_CASE("keys: a keyed hash of parts is that of their concatenation") {
  const auto key = IdKey::from_bytes(byte_range(0x00, 0x1f));
  CHECK(keyed_hash<ChunkId>(*key, {as_bytes("a"), {}, as_bytes("bc")}) ==
        keyed_hash<ChunkId>(*key, {as_bytes("abc")}));
}

TEST_CASE("keys: what an epoch key derives is fixed for ever") {
  const auto key = EpochKey::from_bytes(byte_range(0x00, 0x1f));
  CHECK(to_hex(seed_key(*key).view()) ==
        "2978dac842100b8135be9932620bac0b18c991c053e3205f23188054d1f1e352");
  CHECK(to_hex(epoch_secret_key(*key).view()) ==
        "afc578f9a896fdb9d98c1a9e8991cdbffb144ca89cc473a14eadfe8d127121b4");
}

}  // namespace muniment
