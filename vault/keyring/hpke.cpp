#include "vault/keyring/hpke.hpp"

#include "vault/crypto/kdf.hpp"

namespace muniment {

namespace {

// "HPKE" || KEM id || KDF id || AEAD id, big endian.
constexpr std::string_view suite_id("HPKE\x64\x7a\x00\x01\x00\x03", 10);
constexpr std::string_view version_label = "HPKE-v1";
constexpr std::string_view mode_base("\x00", 1);
constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;

Bytes labelled(std::string_view label, ByteView value) {
  Bytes bytes = to_bytes(version_label);
  append(bytes, as_bytes(suite_id));
  append(bytes, as_bytes(label));
  append(bytes, value);
  return bytes;
}

// LabeledExtract and LabeledExpand of RFC 9180 §4. What they take besides `salt` and `prk` is
// public, because the base mode has no pre-shared key.
SecretBytes labelled_extract(ByteView salt, std::string_view label, std::string_view input) {
  return hkdf_sha256_extract(salt, labelled(label, as_bytes(input)));
}

SecretBytes labelled_expand(ByteView prk, std::string_view label, ByteView context,
                            std::size_t out_size) {
  Bytes info{std::byte{0}, static_cast<std::byte>(out_size)};
  append(info, labelled(label, context));
  return hkdf_sha256_expand(prk, info, out_size);
}

}  // namespace

HpkeKey hpke_base_key(const KemSharedSecret& shared, std::string_view info) {
  Bytes context = to_bytes(mode_base);
  append(context, labelled_extract({}, "psk_id_hash", "").view());
  append(context, labelled_extract({}, "info_hash", info).view());
  const SecretBytes secret = labelled_extract(shared.view(), "secret", "");
  return {labelled_expand(secret.view(), "key", context, key_bytes),
          labelled_expand(secret.view(), "base_nonce", context, nonce_bytes)};
}

}  // namespace muniment
