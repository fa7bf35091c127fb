#include "vault/crypto/sealed_box.hpp"

#include "vault/base/error.hpp"
#include "vault/crypto/aead.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/kdf.hpp"

namespace muniment::detail {

namespace {

using BoxKey = SecretKey<struct SealedBoxPurpose>;

constexpr std::string_view key_label{"muniment/sealed-box/v1\0", 23};
constexpr std::size_t padded_multiple = 256;
constexpr std::byte padding_mark{0x80};
// The key is new for each box.
constexpr std::uint64_t nonce = 0;

BoxKey box_key(const KemSharedSecret& secret, ByteView context) {
  Bytes info = to_bytes(key_label);
  append(info, context);
  return *BoxKey::from_bytes(hkdf_sha512(secret.view(), {}, info, BoxKey::size));
}

Bytes pad(ByteView plaintext) {
  Bytes padded(plaintext.begin(), plaintext.end());
  padded.push_back(padding_mark);
  padded.resize((padded.size() + padded_multiple - 1) / padded_multiple * padded_multiple);
  return padded;
}

// Empty unless `padded` is what pad() gives for some plaintext.
std::optional<Bytes> unpad(Bytes padded) {
  if (padded.empty() || padded.size() % padded_multiple != 0) return std::nullopt;
  const std::size_t last_block = padded.size() - padded_multiple;
  std::size_t mark = padded.size() - 1;
  while (mark > last_block && padded[mark] == std::byte{0}) --mark;
  if (padded[mark] != padding_mark) return std::nullopt;
  padded.resize(mark);
  return padded;
}

}  // namespace

Bytes seal_box(ByteView public_key, ByteView context, ByteView plaintext, Random& random) {
  SecretBytes fresh(64);
  random.fill(fresh.mutable_view());
  Bytes hedge(context.begin(), context.end());
  append(hedge, plaintext);
  const std::optional<Encapsulation> encapsulation =
      kem_encapsulate(public_key, blake2b_512(fresh.view(), hedge).view());
  if (!encapsulation) {
    throw Error(ErrorCode::damaged, "sealed box: the recipient's key is not an x-wing key");
  }
  const BoxKey key = box_key(encapsulation->secret, context);
  Bytes box;
  append(box, encapsulation->ciphertext.view());
  append(box, seal(Suite::xchacha20poly1305, key, nonce, pad(plaintext)));
  return box;
}

std::optional<Bytes> open_box(ByteView seed, ByteView context, ByteView sealed) {
  if (sealed.size() < KemCiphertext::size) return std::nullopt;
  const auto secret = kem_decapsulate(seed, sealed.first(KemCiphertext::size));
  if (!secret) return std::nullopt;
  const BoxKey key = box_key(*secret, context);
  auto padded = open(Suite::xchacha20poly1305, key, nonce, sealed.subspan(KemCiphertext::size));
  if (!padded) return std::nullopt;
  return unpad(*std::move(padded));
}

}  // namespace muniment::detail
