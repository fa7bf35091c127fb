#include "vault/crypto/hash.hpp"

#include <openssl/evp.h>

#include "vault/base/error.hpp"
#include "vault/crypto/sodium.hpp"

namespace muniment {

namespace {

void require(bool done) {
  if (!done) throw Error(ErrorCode::io, "sha-256: openssl failed");
}

// Fetching takes longer than hashing a small file. Never freed: threads may still hash while the
// process ends.
const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  require(algorithm != nullptr);
  return algorithm;
}

}  // namespace

namespace detail {

void free_digest_context(evp_md_ctx_st* context) noexcept {
  EVP_MD_CTX_free(context);
}

void blake2b_256_keyed(ByteView key, std::initializer_list<ByteView> parts, MutableByteView out) {
  VAULT_ASSERT(key.size() == 32 && out.size() == 32);
  init_sodium();
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init(&state, c_bytes(key), key.size(), out.size());
  for (const ByteView part : parts) {
    crypto_generichash_blake2b_update(&state, c_bytes(part), part.size());
  }
  crypto_generichash_blake2b_final(&state, c_bytes(out), out.size());
}

}  // namespace detail

Sha256::Sha256() : x_context(EVP_MD_CTX_new()) {
  require(x_context && EVP_DigestInit_ex2(x_context.get(), sha256_algorithm(), nullptr) == 1);
}

void Sha256::update(ByteView data) {
  require(EVP_DigestUpdate(x_context.get(), data.data(), data.size()) == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(x_context.get(), c_bytes(digest.mutable_view()), nullptr) == 1 &&
          EVP_DigestInit_ex2(x_context.get(), nullptr, nullptr) == 1);
  return digest;
}

Sha256Digest sha256(ByteView data) {
  return sha256(data, {});
}

Sha256Digest sha256(ByteView a, ByteView b) {
  // Making a context takes longer than hashing a Merkle node.
  thread_local Sha256 hash;
  hash.update(a);
  hash.update(b);
  return hash.finish();
}

FixedBytes<struct Blake2bTag, 32> blake2b_256(ByteView data) {
  detail::init_sodium();
  FixedBytes<struct Blake2bTag, 32> digest;
  crypto_generichash_blake2b(c_bytes(digest.mutable_view()), digest.size, c_bytes(data),
                             data.size(), nullptr, 0);
  return digest;
}

SecretBytes blake2b_512(ByteView a, ByteView b) {
  SecretBytes digest(crypto_generichash_blake2b_BYTES_MAX);
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init(&state, nullptr, 0, digest.size());
  crypto_generichash_blake2b_update(&state, c_bytes(a), a.size());
  crypto_generichash_blake2b_update(&state, c_bytes(b), b.size());
  crypto_generichash_blake2b_final(&state, c_bytes(digest.mutable_view()), digest.size());
  return digest;
}

}  // namespace muniment
