// The clear header: what a reader needs before it has the pack's key, and how it gets that key.
#pragma once

#include <variant>

#include "vault/crypto/keys.hpp"
#include "vault/pack/format.hpp"

namespace muniment {

// Tells the right epoch key from a wrong one before anything is opened with it.
using PackCommitment = FixedBytes<struct PackCommitmentTag, 32>;

struct PackHeader {
  PackForm form;
  KemCiphertext ciphertext;
  PackCommitment commitment;

  friend bool operator==(const PackHeader&, const PackHeader&) = default;
};

enum class HeaderFault {
  not_a_pack,   // other magic, reserved bytes in use, or a size class that does not exist
  unsupported,  // a version, suite, hash, KEM or key scheme that this program does not know
};

// pack_format::header_bytes bytes.
[[nodiscard]] Bytes encode_header(const PackHeader& header);
// Reads the first pack_format::header_bytes bytes of `file`; fewer are not_a_pack.
[[nodiscard]] std::variant<PackHeader, HeaderFault> decode_header(ByteView file);

struct PackSecrets {
  PackKey key;
  PackCommitment commitment;
};

// HKDF-SHA512 over the KEM's secret and everything in the header but the commitment, which is not
// read.
[[nodiscard]] PackSecrets derive_pack_secrets(const KemSharedSecret& secret,
                                              const PackHeader& header);

// The pack's key, from the first of `keys` whose commitment is the header's; empty if none is.
[[nodiscard]] std::optional<PackKey> find_pack_key(const PackHeader& header,
                                                   std::span<const EpochSecretKey> keys);

}  // namespace muniment
