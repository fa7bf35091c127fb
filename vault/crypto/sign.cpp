#include "vault/crypto/sign.hpp"

#include <array>
#include <optional>

#include "vault/crypto/sodium.hpp"

namespace muniment::detail {

namespace {

using PublicKey = FixedBytes<struct PublicKeyTag, crypto_sign_PUBLICKEYBYTES>;

// Looking at a key takes as long as verifying a signature, and the same few keys sign thousands of
// checkpoints, so those that were valid points are remembered, by their first byte. A thread's own,
// so that nothing is locked.
bool is_valid_key(ByteView public_key) {
  static thread_local std::array<std::optional<PublicKey>, 256> valid;
  std::optional<PublicKey>& place = valid[std::to_integer<std::size_t>(public_key.front())];
  const PublicKey key(public_key.first<PublicKey::size>());
  if (place == key) return true;
  if (crypto_core_ed25519_is_valid_point(c_bytes(public_key)) != 1) return false;
  place = key;
  return true;
}

}  // namespace

void ed25519_public_key(ByteView seed, MutableByteView public_key) {
  VAULT_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
  VAULT_ASSERT(public_key.size() == crypto_sign_PUBLICKEYBYTES);
  SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(c_bytes(public_key), c_bytes(expanded.mutable_view()), c_bytes(seed));
}

Signature ed25519_sign(ByteView seed, ByteView message) {
  VAULT_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(public_key.data(), c_bytes(expanded.mutable_view()), c_bytes(seed));
  Signature signature;
  crypto_sign_detached(c_bytes(signature.mutable_view()), nullptr, c_bytes(message), message.size(),
                       c_bytes(expanded.view()));
  return signature;
}

bool ed25519_verify(ByteView public_key, ByteView message, const Signature& signature) {
  VAULT_ASSERT(public_key.size() == crypto_sign_PUBLICKEYBYTES);
  init_sodium();
  const unsigned char* const r = c_bytes(signature.view());  // R || S
  return is_valid_key(public_key) && crypto_core_ed25519_is_valid_point(r) == 1 &&
         crypto_sign_verify_detached(r, c_bytes(message), message.size(), c_bytes(public_key)) == 0;
}

}  // namespace muniment::detail
