#include "vault/keyring/shamir.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "vault/keyring/gf256.hpp"

namespace muniment {

using test::FixedRandom;

TEST_CASE("gf256: multiplication is that of polynomials modulo AES's") {
  // FIPS 197 §4.2 and §4.2.1.
  CHECK(gf256::multiply(0x57, 0x83) == 0xc1);
  CHECK(gf256::multiply(0x57, 0x13) == 0xfe);
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      unsigned product = 0;
      for (unsigned i = 0; i < 8; ++i) product ^= (b >> i & 1U) != 0 ? a << i : 0;
      for (unsigned i = 15; i-- > 8;) product ^= (product >> i & 1U) != 0 ? 0x11bU << (i - 8) : 0;
      REQUIRE(gf256::multiply(static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)) ==
              product);
    }
  }
}

TEST_CASE("gf256: a number times its inverse is one") {
  CHECK(gf256::inverse(0) == 0);
  for (unsigned a = 1; a < 256; ++a) {
    const auto number = static_cast<std::uint8_t>(a);
    CHECK(gf256::multiply(number, gf256::inverse(number)) == 1);
  }
}

TEST_CASE("shamir: any threshold of the points gives the secret") {
  FixedRandom random;
  const Bytes secret = random.bytes(32);
  for (unsigned threshold = 1; threshold <= 5; ++threshold) {
    const auto points = shamir_split(secret, threshold, 5, random);
    REQUIRE(points.size() == 5);
    for (unsigned chosen = 0; chosen < 32; ++chosen) {
      std::vector<ShamirPoint> some;
      for (unsigned i = 0; i < 5; ++i) {
        if ((chosen >> i & 1U) == 0) continue;
        some.push_back({points[i].x, SecretBytes::copy_of(points[i].y.view())});
      }
      if (some.size() != threshold) continue;
      const auto joined = shamir_join(some);
      REQUIRE(joined);
      CHECK(equal(joined->view(), secret));
    }
  }
}

TEST_CASE("shamir: too few points, or an altered one, do not belong together") {
  FixedRandom random;
  const Bytes secret = random.bytes(32);
  auto points = shamir_split(secret, 3, 5, random);
  CHECK_FALSE(shamir_join(std::span(points).first(2)));
  CHECK(shamir_join(std::span(points).first(3)));
  points[1].y.mutable_view()[7] ^= std::byte{1};
  CHECK_FALSE(shamir_join(std::span(points).first(3)));
}

}  // namespace muniment
