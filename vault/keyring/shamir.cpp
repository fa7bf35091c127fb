#include "vault/keyring/shamir.hpp"

#include "vault/base/assert.hpp"
#include "vault/crypto/kdf.hpp"
#include "vault/keyring/gf256.hpp"

namespace muniment {

namespace {

constexpr std::uint8_t secret_place = 255;
constexpr std::uint8_t digest_place = 254;
constexpr std::size_t digest_bytes = 4;

// Lagrange's formula: the values at `x` of the polynomials through `points`.
SecretBytes interpolate(std::span<const ShamirPoint> points, std::uint8_t x) {
  SecretBytes result(points.front().y.size());
  for (const ShamirPoint& point : points) {
    std::uint8_t coefficient = 1;
    for (const ShamirPoint& other : points) {
      if (other.x == point.x) continue;
      coefficient = gf256::multiply(coefficient, x ^ other.x);
      coefficient = gf256::multiply(coefficient, gf256::inverse(point.x ^ other.x));
    }
    for (std::size_t i = 0; i < result.size(); ++i) {
      const auto y = std::to_integer<std::uint8_t>(point.y.view()[i]);
      result.mutable_view()[i] ^= std::byte{gf256::multiply(y, coefficient)};
    }
  }
  return result;
}

SecretBytes random_secret(std::size_t size, Random& random) {
  SecretBytes bytes(size);
  random.fill(bytes.mutable_view());
  return bytes;
}

// HMAC-SHA256(key, secret), of which the first 4 bytes count. The key is the rest of the digest
// point.
SecretBytes mac_of(ByteView secret, ByteView digest) {
  return hmac_sha256(digest.subspan(digest_bytes), secret);
}

}  // namespace

std::vector<ShamirPoint> shamir_split(ByteView secret, unsigned threshold, unsigned count,
                                      Random& random) {
  VAULT_ASSERT(threshold >= 1 && threshold <= count && count <= shamir_points_max);
  VAULT_ASSERT(secret.size() > digest_bytes);
  std::vector<ShamirPoint> points;
  if (threshold == 1) {
    for (unsigned x = 0; x < count; ++x) {
      points.push_back({static_cast<std::uint8_t>(x), SecretBytes::copy_of(secret)});
    }
    return points;
  }
  SecretBytes digest = random_secret(secret.size(), random);
  const SecretBytes mac = mac_of(secret, digest.view());
  std::ranges::copy(mac.view().first(digest_bytes), digest.mutable_view().begin());

  // Secret, digest and threshold - 2 random points fix the polynomials; the others follow from
  // them.
  std::vector<ShamirPoint> base;
  base.push_back({secret_place, SecretBytes::copy_of(secret)});
  base.push_back({digest_place, std::move(digest)});
  for (unsigned x = 0; x + 2 < threshold; ++x) {
    base.push_back({static_cast<std::uint8_t>(x), random_secret(secret.size(), random)});
  }
  for (unsigned i = 0; i < count; ++i) {
    const auto x = static_cast<std::uint8_t>(i);
    points.push_back({x, interpolate(base, x)});
  }
  return points;
}

std::optional<SecretBytes> shamir_join(std::span<const ShamirPoint> points) {
  VAULT_ASSERT(!points.empty());
  if (points.size() == 1) return SecretBytes::copy_of(points.front().y.view());
  SecretBytes secret = interpolate(points, secret_place);
  const SecretBytes digest = interpolate(points, digest_place);
  const SecretBytes mac = mac_of(secret.view(), digest.view());
  const bool together =
      equal_constant_time(mac.view().first(digest_bytes), digest.view().first(digest_bytes));
  return together ? std::optional(std::move(secret)) : std::nullopt;
}

}  // namespace muniment
