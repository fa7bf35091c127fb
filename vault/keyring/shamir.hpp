// Shamir's scheme as SLIP-39 has it: one polynomial over GF(256) for each byte of the secret, the
// secret at 255 and a digest of it at 254, so that points of different splits are noticed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "vault/crypto/random.hpp"
#include "vault/crypto/secret.hpp"

namespace muniment {

inline constexpr unsigned shamir_points_max = 16;

// The polynomials' values at a public place.
struct ShamirPoint {
  std::uint8_t x = 0;
  SecretBytes y;
};

// `count` points at 0, 1, ..., any `threshold` of which give `secret`, and fewer say nothing. With
// a threshold of 1 each point is the secret itself. 1 <= threshold <= count <= 16; more than 4
// bytes.
[[nodiscard]] std::vector<ShamirPoint> shamir_split(ByteView secret, unsigned threshold,
                                                    unsigned count, Random& random);

// The secret from exactly `threshold` points at different places, all of one size. Empty if they do
// not belong together.
[[nodiscard]] std::optional<SecretBytes> shamir_join(std::span<const ShamirPoint> points);

}  // namespace muniment
