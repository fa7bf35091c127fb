#include "vault/crypto/kem.hpp"

#include "vault/crypto/sodium.hpp"

namespace muniment::detail {

namespace {

constexpr std::size_t encapsulation_seed_bytes = 64;

static_assert(crypto_kem_xwing_CIPHERTEXTBYTES == KemCiphertext::size);
static_assert(crypto_kem_xwing_SECRETKEYBYTES == KemSharedSecret::size);
static_assert(crypto_kem_xwing_SHAREDSECRETBYTES == KemSharedSecret::size);

}  // namespace

void kem_public_key(ByteView seed, MutableByteView public_key) {
  VAULT_ASSERT(seed.size() == crypto_kem_xwing_SEEDBYTES);
  VAULT_ASSERT(public_key.size() == crypto_kem_xwing_PUBLICKEYBYTES);
  init_sodium();
  SecretBytes secret_key(crypto_kem_xwing_SECRETKEYBYTES);
  const int result = crypto_kem_xwing_seed_keypair(
      c_bytes(public_key), c_bytes(secret_key.mutable_view()), c_bytes(seed));
  VAULT_ASSERT(result == 0);
}

std::optional<Encapsulation> kem_encapsulate(ByteView public_key, ByteView seed) {
  VAULT_ASSERT(public_key.size() == crypto_kem_xwing_PUBLICKEYBYTES);
  VAULT_ASSERT(seed.size() == encapsulation_seed_bytes);
  init_sodium();
  KemCiphertext ciphertext;
  SecretBytes secret(crypto_kem_xwing_SHAREDSECRETBYTES);
  if (crypto_kem_xwing_enc_deterministic(c_bytes(ciphertext.mutable_view()),
                                         c_bytes(secret.mutable_view()), c_bytes(public_key),
                                         c_bytes(seed)) != 0) {
    return std::nullopt;
  }
  return Encapsulation{ciphertext, *KemSharedSecret::from_bytes(std::move(secret))};
}

std::optional<KemSharedSecret> kem_decapsulate(ByteView seed, ByteView ciphertext) {
  VAULT_ASSERT(seed.size() == crypto_kem_xwing_SECRETKEYBYTES);
  VAULT_ASSERT(ciphertext.size() == crypto_kem_xwing_CIPHERTEXTBYTES);
  init_sodium();
  SecretBytes secret(crypto_kem_xwing_SHAREDSECRETBYTES);
  if (crypto_kem_xwing_dec(c_bytes(secret.mutable_view()), c_bytes(ciphertext), c_bytes(seed)) !=
      0) {
    return std::nullopt;
  }
  return KemSharedSecret::from_bytes(std::move(secret));
}

}  // namespace muniment::detail
