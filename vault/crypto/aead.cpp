#include "vault/crypto/aead.hpp"

#include <algorithm>

#include "vault/crypto/sodium.hpp"

namespace muniment {

namespace {

constexpr std::size_t key_bytes = 32;
static_assert(crypto_aead_aegis256_KEYBYTES == key_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == key_bytes);
static_assert(crypto_aead_chacha20poly1305_ietf_KEYBYTES == key_bytes);

// Long enough for either suite; each takes as many bytes as it needs.
using Nonce = std::array<unsigned char, crypto_aead_aegis256_NPUBBYTES>;
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES <= crypto_aead_aegis256_NPUBBYTES);

Nonce nonce_from(std::uint64_t counter) noexcept {
  Nonce nonce{};
  for (std::size_t i = 0; i < sizeof counter; ++i) {
    nonce[i] = static_cast<unsigned char>(counter >> (8 * i) & 0xffU);
  }
  return nonce;
}

// AEGIS waits for memory when it reads what is in no near cache; lines that are asked for at once
// come side by side. What is longer would push out what it just brought.
void prefetch(ByteView bytes) noexcept {
  constexpr std::size_t line_bytes = 64;
  constexpr std::size_t bytes_max = std::size_t{512} << 10U;
  for (std::size_t i = 0; i < std::min(bytes.size(), bytes_max); i += line_bytes) {
    __builtin_prefetch(&bytes[i]);
  }
}

}  // namespace

std::optional<Suite> suite_from(std::uint8_t value) noexcept {
  switch (static_cast<Suite>(value)) {
    case Suite::aegis256:
    case Suite::xchacha20poly1305:
      return static_cast<Suite>(value);
  }
  return std::nullopt;
}

std::size_t tag_bytes(Suite suite) noexcept {
  return suite == Suite::aegis256 ? crypto_aead_aegis256_ABYTES
                                  : crypto_aead_xchacha20poly1305_ietf_ABYTES;
}

Suite suite_for_this_machine() noexcept {
  detail::init_sodium();
  // What libsodium itself asks for before it leaves its slow table-free code.
  const bool has_aes = (sodium_runtime_has_aesni() != 0 && sodium_runtime_has_avx() != 0) ||
                       sodium_runtime_has_armcrypto() != 0;
  return has_aes ? Suite::aegis256 : Suite::xchacha20poly1305;
}

namespace detail {

void seal(Suite suite, ByteView key, std::uint64_t nonce, ByteView plaintext,
          MutableByteView sealed) {
  VAULT_ASSERT(key.size() == key_bytes);
  VAULT_ASSERT(sealed.size() == plaintext.size() + tag_bytes(suite));
  init_sodium();
  const auto encrypt = suite == Suite::aegis256 ? crypto_aead_aegis256_encrypt
                                                : crypto_aead_xchacha20poly1305_ietf_encrypt;
  const int result = encrypt(c_bytes(sealed), nullptr, c_bytes(plaintext), plaintext.size(),
                             nullptr, 0, nullptr, nonce_from(nonce).data(), c_bytes(key));
  VAULT_ASSERT(result == 0);
}

bool open(Suite suite, ByteView key, std::uint64_t nonce, ByteView sealed,
          MutableByteView plaintext) noexcept {
  VAULT_ASSERT(key.size() == key_bytes);
  init_sodium();
  bool opened = false;
  if (sealed.size() >= tag_bytes(suite)) {
    VAULT_ASSERT(plaintext.size() == sealed.size() - tag_bytes(suite));
    const auto decrypt = suite == Suite::aegis256 ? crypto_aead_aegis256_decrypt
                                                  : crypto_aead_xchacha20poly1305_ietf_decrypt;
    prefetch(sealed);
    opened = decrypt(c_bytes(plaintext), nullptr, nullptr, c_bytes(sealed), sealed.size(), nullptr,
                     0, nonce_from(nonce).data(), c_bytes(key)) == 0;
  }
  if (!opened) wipe(plaintext);
  return opened;
}

}  // namespace detail

Bytes chacha20poly1305_seal(ByteView key, ByteView nonce, ByteView plaintext) {
  VAULT_ASSERT(key.size() == key_bytes);
  VAULT_ASSERT(nonce.size() == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
  detail::init_sodium();
  Bytes sealed(plaintext.size() + crypto_aead_chacha20poly1305_ietf_ABYTES);
  crypto_aead_chacha20poly1305_ietf_encrypt(c_bytes(MutableByteView(sealed)), nullptr,
                                            c_bytes(plaintext), plaintext.size(), nullptr, 0,
                                            nullptr, c_bytes(nonce), c_bytes(key));
  return sealed;
}

std::optional<SecretBytes> chacha20poly1305_open(ByteView key, ByteView nonce, ByteView sealed) {
  VAULT_ASSERT(key.size() == key_bytes);
  VAULT_ASSERT(nonce.size() == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
  if (sealed.size() < crypto_aead_chacha20poly1305_ietf_ABYTES) return std::nullopt;
  SecretBytes plaintext(sealed.size() - crypto_aead_chacha20poly1305_ietf_ABYTES);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(c_bytes(plaintext.mutable_view()), nullptr, nullptr,
                                                c_bytes(sealed), sealed.size(), nullptr, 0,
                                                c_bytes(nonce), c_bytes(key)) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace muniment
