// Ed25519 (RFC 8032) with one verdict whichever library checks it, and a key type for each purpose.
#pragma once

#include "vault/crypto/secret.hpp"

namespace muniment {

using Signature = FixedBytes<struct SignatureTag, 64>;

// The purposes. None of them ever signs for another.
struct AuthorityPurpose;  // a member: approves charters and its own devices
struct TransportPurpose;  // a device: TLS
struct LogPurpose;        // a device: checkpoints of its ledgers
struct WitnessPurpose;    // a device: cosignatures of others' ledgers

template <class Purpose>
struct VerifyKeyTag;
template <class Purpose>
using VerifyKey = FixedBytes<VerifyKeyTag<Purpose>, 32>;

template <class Purpose>
struct SigningSeed;
// The 32-byte seed of RFC 8032.
template <class Purpose>
using SigningKey = SecretKey<SigningSeed<Purpose>>;

namespace detail {
void ed25519_public_key(ByteView seed, MutableByteView public_key);
[[nodiscard]] Signature ed25519_sign(ByteView seed, ByteView message);
[[nodiscard]] bool ed25519_verify(ByteView public_key, ByteView message,
                                  const Signature& signature);
}  // namespace detail

template <class Purpose>
[[nodiscard]] VerifyKey<Purpose> verify_key(const SigningKey<Purpose>& key) {
  VerifyKey<Purpose> result;
  detail::ed25519_public_key(key.view(), result.mutable_view());
  return result;
}

template <class Purpose>
[[nodiscard]] Signature sign(const SigningKey<Purpose>& key, ByteView message) {
  return detail::ed25519_sign(key.view(), message);
}

// Accepts only if the key and the signature's R are valid points of the prime-order group in
// canonical encoding, and the signature verifies: then every libsodium and OpenSSL gives the same
// verdict (of the 914 edge cases of C2SP's CCTV, one passes).
template <class Purpose>
[[nodiscard]] bool verify(const VerifyKey<Purpose>& key, ByteView message,
                          const Signature& signature) {
  return detail::ed25519_verify(key.view(), message, signature);
}

}  // namespace muniment
