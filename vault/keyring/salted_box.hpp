// A small secret sealed under a key that is used more than once: every sealing draws a salt, and
// with it a key of its own, so that no nonce can repeat.
//
// sealed = XChaCha20-Poly1305(HKDF-SHA512(key, salt, context), nonce 0, plaintext)
// salt   = the first 32 bytes of BLAKE2b-512(64 random bytes || plaintext): a machine that was
// rolled
//          back and draws the same random bytes again still seals other contents under another key
#pragma once

#include "vault/crypto/random.hpp"
#include "vault/crypto/secret.hpp"

namespace muniment {

struct SaltedBox {
  using Salt = FixedBytes<struct BoxSaltTag, 32>;

  Salt salt;
  Bytes sealed;  // 16 bytes longer than what it holds
};

namespace detail {
[[nodiscard]] SaltedBox seal_salted(ByteView key, ByteView context, ByteView plaintext,
                                    Random& random);
[[nodiscard]] std::optional<SecretBytes> open_salted(ByteView key, ByteView context,
                                                     const SaltedBox& box);
}  // namespace detail

// `context` says what the box is and where it stands: elsewhere it does not open.
template <class Purpose>
[[nodiscard]] SaltedBox seal_salted(const SecretKey<Purpose>& key, ByteView context,
                                    ByteView plaintext, Random& random) {
  return detail::seal_salted(key.view(), context, plaintext, random);
}

// Empty if any byte of box, key or context differs.
template <class Purpose>
[[nodiscard]] std::optional<SecretBytes> open_salted(const SecretKey<Purpose>& key,
                                                     ByteView context, const SaltedBox& box) {
  return detail::open_salted(key.view(), context, box);
}

}  // namespace muniment
