// Reed-Solomon against arithmetic of its own, so that the format does not depend on a library.
#include "vault/pack/parity.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/fixed.hpp"

namespace muniment::test {

namespace {

constexpr std::size_t body_size = 1U << 20U;
constexpr std::size_t shard_size = body_size / 256;

// GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.
unsigned multiply(unsigned a, unsigned b) {
  unsigned product = 0;
  for (; b != 0; b >>= 1U) {
    if ((b & 1U) != 0) product ^= a;
    a = a << 1U ^ ((a & 0x80U) != 0 ? 0x11dU : 0U);
  }
  return product;
}

unsigned inverse(unsigned a) {
  for (unsigned b = 1; b < 256; ++b) {
    if (multiply(a, b) == 1) return b;
  }
  return 0;
}

Bytes sample_body() {
  FixedRandom random(17);
  Bytes body = random.bytes(body_size);
  encode_parity(body);
  return body;
}

void lose(Bytes& body, std::span<const std::size_t> shards) {
  for (const std::size_t shard : shards) {
    std::ranges::fill(MutableByteView(body).subspan(shard * shard_size, shard_size),
                      std::byte{0xee});
  }
}

}  // namespace

TEST_CASE("parity: each byte is the sum that FORMAT.md states") {
  const Bytes body = sample_body();
  std::array<unsigned, 256> inverses{};
  for (unsigned a = 1; a < 256; ++a) inverses[a] = inverse(a);
  for (std::size_t column = 0; column < shard_size; column += 97) {
    for (std::size_t parity = 248; parity < 256; ++parity) {
      unsigned sum = 0;
      for (std::size_t data = 0; data < 248; ++data) {
        const auto byte = std::to_integer<unsigned>(body[data * shard_size + column]);
        sum ^= multiply(inverses[parity ^ data], byte);
      }
      CHECK(std::to_integer<unsigned>(body[parity * shard_size + column]) == sum);
    }
  }
}

TEST_CASE("parity: what stood in the parity shards before does not matter") {
  Bytes body = sample_body();
  const Bytes good = body;
  lose(body, std::array<std::size_t, 8>{248, 249, 250, 251, 252, 253, 254, 255});
  encode_parity(body);
  CHECK(body == good);
}

TEST_CASE("parity: any eight lost shards are rebuilt") {
  const Bytes good = sample_body();
  FixedRandom random(23);
  for (int round = 0; round < 60; ++round) {
    std::set<std::size_t> lost;
    const std::size_t count = random.below(9);
    // Half of the rounds near the end, so that parity is lost too.
    while (lost.size() < count) {
      lost.insert(round % 2 == 0 ? random.below(256) : 240 + random.below(16));
    }
    const std::vector<std::size_t> shards(lost.begin(), lost.end());
    Bytes body = good;
    lose(body, shards);
    rebuild_shards(body, shards);
    CHECK(body == good);
  }
}

TEST_CASE("parity: works at every size of a body") {
  FixedRandom random(29);
  const std::array<std::size_t, 8> lost{0, 1, 100, 246, 247, 248, 254, 255};
  for (const PackClass size_class : pack_classes) {
    Bytes body = random.bytes(body_bytes(size_class));
    encode_parity(body);
    const Bytes good = body;
    const std::size_t size = shard_bytes(size_class);
    for (const std::size_t shard : lost) {
      std::ranges::fill(MutableByteView(body).subspan(shard * size, size), std::byte{0});
    }
    rebuild_shards(body, lost);
    CHECK(body == good);
  }
}

}  // namespace muniment::test
