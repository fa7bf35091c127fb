// Key derivation: HKDF (RFC 5869) and Argon2id (RFC 9106), both libsodium's.
#pragma once

#include <cstdint>

#include "vault/crypto/secret.hpp"

namespace muniment {

// HKDF-SHA512: extract with `salt` (may be empty) from `secret` (not empty), expand with `info` to
// `out_size` bytes, at most 16,320.
[[nodiscard]] SecretBytes hkdf_sha512(ByteView secret, ByteView salt, ByteView info,
                                      std::size_t out_size);
// HKDF-SHA256, for age only; at most 8,160 bytes.
[[nodiscard]] SecretBytes hkdf_sha256(ByteView secret, ByteView salt, ByteView info,
                                      std::size_t out_size);
// The two halves, for HPKE's labelled forms (RFC 9180 §4). `prk` is the 32 bytes of the first.
[[nodiscard]] SecretBytes hkdf_sha256_extract(ByteView salt, ByteView secret);
[[nodiscard]] SecretBytes hkdf_sha256_expand(ByteView prk, ByteView info, std::size_t out_size);
// HMAC-SHA256 (RFC 2104), 32 bytes, for age's header.
[[nodiscard]] SecretBytes hmac_sha256(ByteView key, ByteView message);

// One pass over `memory_bytes` costs time in proportion to both. Stored beside what it protects.
struct Argon2idCost {
  std::uint32_t passes = 0;
  std::uint64_t memory_bytes = 0;

  friend bool operator==(const Argon2idCost&, const Argon2idCost&) = default;
};

inline constexpr std::size_t argon2id_salt_bytes = 16;
// A keyring that asks for less or more is refused before any memory is taken.
inline constexpr std::uint64_t argon2id_memory_bytes_min = 8192;
inline constexpr std::uint64_t argon2id_memory_bytes_max = 4ULL << 30U;
inline constexpr std::uint32_t argon2id_passes_max = 64;

// Argon2id version 1.3, one lane, 32 bytes. Error(limit) if the cost is outside the limits above or
// has no pass; Error(io) if the memory cannot be had. `salt` has argon2id_salt_bytes.
[[nodiscard]] SecretBytes argon2id(ByteView passphrase, ByteView salt, const Argon2idCost& cost);

// The cost that takes about `milliseconds` on this machine, over `memory_bytes_min` or more. Runs
// four passes over that much to find out; errors are argon2id's.
[[nodiscard]] Argon2idCost measure_argon2id(unsigned milliseconds, std::uint64_t memory_bytes_min);

}  // namespace muniment
