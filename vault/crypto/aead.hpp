// Authenticated encryption of data. Associated data is always empty: what a ciphertext belongs to
// goes into the key (DESIGN §4, since AEGIS commits to its key only then).
#pragma once

#include "vault/base/bytes.hpp"
#include "vault/crypto/secret.hpp"

namespace muniment {

// Values are embedded in stored bytes: never change one.
enum class Suite : std::uint8_t {
  aegis256 = 1,           // draft-irtf-cfrg-aegis-aead: 32-byte key and nonce, 32-byte tag
  xchacha20poly1305 = 2,  // draft-irtf-cfrg-xchacha: 32-byte key, 24-byte nonce, 16-byte tag
};

[[nodiscard]] std::optional<Suite> suite_from(std::uint8_t value) noexcept;
// 32 or 16.
[[nodiscard]] std::size_t tag_bytes(Suite suite) noexcept;
// AEGIS-256 where the processor has AES instructions, else XChaCha20-Poly1305.
[[nodiscard]] Suite suite_for_this_machine() noexcept;

namespace detail {
void seal(Suite suite, ByteView key, std::uint64_t nonce, ByteView plaintext,
          MutableByteView sealed);
[[nodiscard]] bool open(Suite suite, ByteView key, std::uint64_t nonce, ByteView sealed,
                        MutableByteView plaintext) noexcept;
}  // namespace detail

// `sealed` = ciphertext (as long as `plaintext`) || tag; its size must be plaintext.size() +
// tag_bytes(suite). The nonce is `nonce` as little-endian, then zeros: a counter, never repeated
// under one key. The two buffers must not overlap.
template <class Purpose>
void seal(Suite suite, const SecretKey<Purpose>& key, std::uint64_t nonce, ByteView plaintext,
          MutableByteView sealed) {
  detail::seal(suite, key.view(), nonce, plaintext, sealed);
}

template <class Purpose>
[[nodiscard]] Bytes seal(Suite suite, const SecretKey<Purpose>& key, std::uint64_t nonce,
                         ByteView plaintext) {
  Bytes sealed(plaintext.size() + tag_bytes(suite));
  detail::seal(suite, key.view(), nonce, plaintext, sealed);
  return sealed;
}

// False, and `plaintext` wiped, if any byte of sealed, key or nonce differs. `plaintext` must be
// exactly sealed.size() - tag_bytes(suite) long; sealed shorter than a tag is false.
template <class Purpose>
[[nodiscard]] bool open(Suite suite, const SecretKey<Purpose>& key, std::uint64_t nonce,
                        ByteView sealed, MutableByteView plaintext) noexcept {
  return detail::open(suite, key.view(), nonce, sealed, plaintext);
}

template <class Purpose>
[[nodiscard]] std::optional<Bytes> open(Suite suite, const SecretKey<Purpose>& key,
                                        std::uint64_t nonce, ByteView sealed) {
  if (sealed.size() < tag_bytes(suite)) return std::nullopt;
  Bytes plaintext(sealed.size() - tag_bytes(suite));
  if (!detail::open(suite, key.view(), nonce, sealed, plaintext)) return std::nullopt;
  return plaintext;
}

// ChaCha20-Poly1305 (RFC 8439) with a 32-byte key and a 12-byte nonce, for age and HPKE only.
// `sealed` ends in a 16-byte tag. Opening gives nothing if any byte of sealed, key or nonce
// differs.
[[nodiscard]] Bytes chacha20poly1305_seal(ByteView key, ByteView nonce, ByteView plaintext);
[[nodiscard]] std::optional<SecretBytes> chacha20poly1305_open(ByteView key, ByteView nonce,
                                                               ByteView sealed);

}  // namespace muniment
