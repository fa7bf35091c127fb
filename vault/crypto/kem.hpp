// X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768 together, so that what is recorded
// today stays closed to a quantum computer tomorrow. libsodium's.
#pragma once

#include "vault/crypto/secret.hpp"

namespace muniment {

using KemCiphertext = FixedBytes<struct KemCiphertextTag, 1120>;

// Distinct for each Purpose, so that an epoch's key cannot stand where a device's is meant.
template <class Purpose>
struct KemPublicKeyTag;
template <class Purpose>
using KemPublicKey = FixedBytes<KemPublicKeyTag<Purpose>, 1216>;

template <class Purpose>
struct KemSeed;
// The 32-byte seed is the private key, as the draft and age have it.
template <class Purpose>
using KemSecretKey = SecretKey<KemSeed<Purpose>>;

struct KemShared;
// What both sides have; only ever the input of a key derivation.
using KemSharedSecret = SecretKey<KemShared>;

struct Encapsulation {
  KemCiphertext ciphertext;
  KemSharedSecret secret;
};

namespace detail {
void kem_public_key(ByteView seed, MutableByteView public_key);
[[nodiscard]] std::optional<Encapsulation> kem_encapsulate(ByteView public_key, ByteView seed);
[[nodiscard]] std::optional<KemSharedSecret> kem_decapsulate(ByteView seed, ByteView ciphertext);
}  // namespace detail

template <class Purpose>
[[nodiscard]] KemPublicKey<Purpose> public_key(const KemSecretKey<Purpose>& secret) {
  KemPublicKey<Purpose> result;
  detail::kem_public_key(secret.view(), result.mutable_view());
  return result;
}

// `seed` is 64 bytes, fresh for each call and hedged with what the secret will protect
// (blake2b_512). Empty if the public key is not one (libsodium checks its encoding).
template <class Purpose>
[[nodiscard]] std::optional<Encapsulation> encapsulate(const KemPublicKey<Purpose>& recipient,
                                                       const SecretBytes& seed) {
  return detail::kem_encapsulate(recipient.view(), seed.view());
}

// A ciphertext made for another key gives another secret, not a failure: ML-KEM rejects implicitly.
// Empty if libsodium refuses the ciphertext outright.
template <class Purpose>
[[nodiscard]] std::optional<KemSharedSecret> decapsulate(const KemSecretKey<Purpose>& secret,
                                                         const KemCiphertext& ciphertext) {
  return detail::kem_decapsulate(secret.view(), ciphertext.view());
}

}  // namespace muniment
