#include "vault/crypto/kdf.hpp"

#include <doctest/doctest.h>

#include "tests/crypto/hex.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/base64.hpp"

namespace muniment {

using test::byte_range;

namespace {

std::optional<ErrorCode> error_of(const Argon2idCost& cost) {
  try {
    (void)argon2id(as_bytes("password"), Bytes(argon2id_salt_bytes), cost);
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("hkdf: the SHA-256 cases of RFC 5869") {
  const Bytes secret(22, std::byte{0x0b});
  CHECK(to_hex(hkdf_sha256(secret, byte_range(0x00, 0x0c), byte_range(0xf0, 0xf9), 42).view()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(
      to_hex(hkdf_sha256(byte_range(0x00, 0x4f), byte_range(0x60, 0xaf), byte_range(0xb0, 0xff), 82)
                 .view()) ==
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
      "590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  CHECK(to_hex(hkdf_sha256(secret, {}, {}, 42).view()) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("hkdf: extract and expand are the two halves of SHA-256's") {
  const Bytes secret(22, std::byte{0x0b});
  const SecretBytes prk = hkdf_sha256_extract(byte_range(0x00, 0x0c), secret);
  CHECK(to_hex(prk.view()) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  CHECK(to_hex(hkdf_sha256_expand(prk.view(), byte_range(0xf0, 0xf9), 42).view()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

// RFC 5869 has no answers for SHA-512: these are CPython's hmac over its inputs.
TEST_CASE("hkdf: the inputs of RFC 5869 under SHA-512") {
  const Bytes secret(22, std::byte{0x0b});
  CHECK(to_hex(hkdf_sha512(secret, byte_range(0x00, 0x0c), byte_range(0xf0, 0xf9), 42).view()) ==
        "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb");
  CHECK(
      to_hex(hkdf_sha512(byte_range(0x00, 0x4f), byte_range(0x60, 0xaf), byte_range(0xb0, 0xff), 82)
                 .view()) ==
      "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1b695b48cbd1c8388441137b3ce"
      "28f16aa64ba33ba466b24df6cfcb021ecff235f6a2056ce3af1de44d572097a8505d9e7a93");
  CHECK(to_hex(hkdf_sha512(secret, {}, {}, 42).view()) ==
        "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90fff22d04836d0e2343bac");
}

TEST_CASE("hmac: cases 2 and 6 of RFC 4231, with a key shorter and longer than a block") {
  CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).view()) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(Bytes(131, std::byte{0xaa}),
                           as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
                   .view()) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// From the encoded hashes that libsodium's own test verifies.
TEST_CASE("argon2id: two known hashes with one lane") {
  const Bytes salt = *from_base64("bA81arsiXysd3WbTRzmEOw==");
  CHECK(to_base64(argon2id({}, salt, {.passes = 2, .memory_bytes = 4882 * limits::kib}).view()) ==
        "Nm8QBM+7RH1DXo9rvp5cwKEOOOfD2g6JuxlXihoNcpE=");
  CHECK(
      to_base64(
          argon2id(as_bytes("^T5H$JYt39n%K*j:W]!1s?vg!:jGi]Ax?..l7[p0v:1jHTpla9;]bUN;?bWyCbtqg "),
                   as_bytes(">A 16-bytes salt"), {.passes = 19, .memory_bytes = 4096 * limits::kib})
              .view()) == "ltB/ue1kPtBMBGfsysMpPigE6hiNEKZ9vs8vLNVDQGA=");
}

TEST_CASE("argon2id: passphrase, salt, passes and memory all matter") {
  const Bytes salt = byte_range(0x00, 0x0f);
  const Argon2idCost cost{.passes = 1, .memory_bytes = 16 * limits::kib};
  const std::string key = to_hex(argon2id(as_bytes("correct horse"), salt, cost).view());
  CHECK(to_hex(argon2id(as_bytes("correct horse"), salt, cost).view()) == key);
  CHECK(to_hex(argon2id(as_bytes("correct horsE"), salt, cost).view()) != key);
  CHECK(to_hex(argon2id(as_bytes("correct horse"), byte_range(0x01, 0x10), cost).view()) != key);
  CHECK(to_hex(argon2id(as_bytes("correct horse"), salt, {2, cost.memory_bytes}).view()) != key);
  CHECK(to_hex(argon2id(as_bytes("correct horse"), salt, {1, 17 * limits::kib}).view()) != key);
}

TEST_CASE("argon2id: a cost outside the limits is refused before memory is taken") {
  CHECK(error_of({0, 16 * limits::kib}) == ErrorCode::limit);
  CHECK(error_of({argon2id_passes_max + 1, 16 * limits::kib}) == ErrorCode::limit);
  CHECK(error_of({1, argon2id_memory_bytes_min - 1}) == ErrorCode::limit);
  CHECK(error_of({1, argon2id_memory_bytes_max + 1}) == ErrorCode::limit);
  CHECK(error_of({argon2id_passes_max, argon2id_memory_bytes_min}) == std::nullopt);
}

TEST_CASE("argon2id: what is measured never falls below the minimum nor leaves the limits") {
  CHECK(measure_argon2id(0, 64 * limits::kib) == Argon2idCost{1, 64 * limits::kib});
  const Argon2idCost endless = measure_argon2id(~0U, 64 * limits::kib);
  CHECK(endless.passes == argon2id_passes_max);
  CHECK(endless.memory_bytes == 1024 * limits::mib);
}

}  // namespace muniment
