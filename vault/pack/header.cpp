#include "vault/pack/header.hpp"

#include "vault/base/cursor.hpp"
#include "vault/crypto/kdf.hpp"

namespace muniment {

namespace {

constexpr std::size_t reserved_bytes =
    pack_format::header_bytes - pack_format::keyed_header_bytes - PackCommitment::size;

}  // namespace

Bytes encode_header(const PackHeader& header) {
  Bytes bytes;
  bytes.reserve(pack_format::header_bytes);
  ByteWriter writer(bytes);
  writer.raw(pack_format::magic);
  writer.u8(pack_format::version);
  writer.u8(static_cast<std::uint8_t>(header.form.suite));
  writer.u8(pack_format::hash_sha256);
  writer.u8(pack_format::kem_xwing);
  writer.u8(pack_format::key_scheme_epoch);
  writer.u8(static_cast<std::uint8_t>(header.form.size_class));
  writer.zeros(2);
  writer.raw(header.ciphertext.view());
  writer.raw(header.commitment.view());
  writer.zeros(reserved_bytes);
  return bytes;
}

std::variant<PackHeader, HeaderFault> decode_header(ByteView file) {
  if (file.size() < pack_format::header_bytes) return HeaderFault::not_a_pack;
  ByteReader reader(file.first(pack_format::header_bytes));
  if (!equal(reader.raw(pack_format::magic.size()), pack_format::magic)) {
    return HeaderFault::not_a_pack;
  }
  const bool known_version = reader.u8() == pack_format::version;
  const auto suite = suite_from(reader.u8());
  const bool known_hash = reader.u8() == pack_format::hash_sha256;
  const bool known_kem = reader.u8() == pack_format::kem_xwing;
  const bool known_scheme = reader.u8() == pack_format::key_scheme_epoch;
  if (!known_version || !suite || !known_hash || !known_kem || !known_scheme) {
    return HeaderFault::unsupported;
  }
  const auto size_class = pack_class_from(reader.u8());
  reader.expect_zeros(2);
  PackHeader header;
  header.ciphertext = reader.fixed<KemCiphertext>();
  header.commitment = reader.fixed<PackCommitment>();
  reader.expect_zeros(reserved_bytes);
  if (!size_class || !reader.done()) return HeaderFault::not_a_pack;
  header.form = {.suite = *suite, .size_class = *size_class};
  return header;
}

PackSecrets derive_pack_secrets(const KemSharedSecret& secret, const PackHeader& header) {
  Bytes info = to_bytes(pack_format::key_info);
  append(info, ByteView(encode_header(header)).first(pack_format::keyed_header_bytes));
  const SecretBytes derived =
      hkdf_sha512(secret.view(), {}, info, PackKey::size + PackCommitment::size);
  return {.key = PackKey::from_bytes(derived.view().first(PackKey::size)).value(),
          .commitment = PackCommitment(derived.view().last<PackCommitment::size>())};
}

std::optional<PackKey> find_pack_key(const PackHeader& header,
                                     std::span<const EpochSecretKey> keys) {
  for (const EpochSecretKey& key : keys) {
    const auto secret = decapsulate(key, header.ciphertext);
    if (!secret) continue;
    PackSecrets secrets = derive_pack_secrets(*secret, header);
    if (secrets.commitment == header.commitment) return std::move(secrets.key);
  }
  return std::nullopt;
}

}  // namespace muniment
