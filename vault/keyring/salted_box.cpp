#include "vault/keyring/salted_box.hpp"

#include "vault/crypto/aead.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/kdf.hpp"

namespace muniment::detail {

namespace {

constexpr Suite suite = Suite::xchacha20poly1305;

using BoxKey = SecretKey<struct BoxPurpose>;

BoxKey box_key(ByteView key, const SaltedBox::Salt& salt, ByteView context) {
  return *BoxKey::from_bytes(hkdf_sha512(key, salt.view(), context, BoxKey::size));
}

}  // namespace

SaltedBox seal_salted(ByteView key, ByteView context, ByteView plaintext, Random& random) {
  SecretBytes fresh(64);
  random.fill(fresh.mutable_view());
  const SecretBytes hedged = blake2b_512(fresh.view(), plaintext);
  const SaltedBox::Salt salt(hedged.view().first<SaltedBox::Salt::size>());
  return {salt, seal(suite, box_key(key, salt, context), 0, plaintext)};
}

std::optional<SecretBytes> open_salted(ByteView key, ByteView context, const SaltedBox& box) {
  if (box.sealed.size() < tag_bytes(suite)) return std::nullopt;
  SecretBytes plaintext(box.sealed.size() - tag_bytes(suite));
  const bool opened =
      open(suite, box_key(key, box.salt, context), 0, box.sealed, plaintext.mutable_view());
  return opened ? std::optional(std::move(plaintext)) : std::nullopt;
}

}  // namespace muniment::detail
