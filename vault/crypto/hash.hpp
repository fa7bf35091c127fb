// The two hashes. SHA-256 (FIPS 180-4, OpenSSL: hardware where there is any) is for whatever a
// stock tool must be able to check; keyed BLAKE2b (RFC 7693, libsodium) is for addresses and
// derivation.
#pragma once

#include <initializer_list>

#include "vault/base/ids.hpp"
#include "vault/crypto/secret.hpp"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace muniment {

namespace detail {
void free_digest_context(evp_md_ctx_st* context) noexcept;
void blake2b_256_keyed(ByteView key, std::initializer_list<ByteView> parts, MutableByteView out);
}  // namespace detail

[[nodiscard]] Sha256Digest sha256(ByteView data);

// SHA-256 of a || b, without joining them: Merkle leaves and nodes.
[[nodiscard]] Sha256Digest sha256(ByteView a, ByteView b);

// SHA-256 of a stream. Move-only; a moved-from one is only dropped or assigned to. Not thread-safe.
class Sha256 {
 public:
  Sha256();

  void update(ByteView data);
  // Ends the stream and starts another.
  [[nodiscard]] Sha256Digest finish();

 private:
  Handle<evp_md_ctx_st, detail::free_digest_context> x_context;
};

// BLAKE2b-256 without a key. For checksums of our own files, never for secrets.
[[nodiscard]] FixedBytes<struct Blake2bTag, 32> blake2b_256(ByteView data);

// BLAKE2b-512(a || b), the hedge of DESIGN §4: fresh randomness and what it will be used for.
[[nodiscard]] SecretBytes blake2b_512(ByteView a, ByteView b);

// BLAKE2b-256(key, part || part || ...).
template <class Fixed, class Purpose>
[[nodiscard]] Fixed keyed_hash(const SecretKey<Purpose>& key,
                               std::initializer_list<ByteView> parts) {
  static_assert(Fixed::size == 32);
  Fixed result;
  detail::blake2b_256_keyed(key.view(), parts, result.mutable_view());
  return result;
}

// Another key from this one: BLAKE2b-256(key, label). Labels are `muniment/<what>/v1`, one a
// purpose.
template <class To, class From>
[[nodiscard]] SecretKey<To> derive(const SecretKey<From>& key, std::string_view label) {
  SecretBytes bytes(32);
  detail::blake2b_256_keyed(key.view(), {as_bytes(label)}, bytes.mutable_view());
  return *SecretKey<To>::from_bytes(std::move(bytes));
}

}  // namespace muniment
