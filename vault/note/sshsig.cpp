#include "vault/note/sshsig.hpp"

#include "vault/base/assert.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/sha512.hpp"
#include "vault/note/ssh_wire.hpp"

namespace muniment {

namespace {

using ssh_wire::put_string;
using ssh_wire::put_u32;
using ssh_wire::take_string;
using ssh_wire::take_u32;

constexpr std::string_view magic = "SSHSIG";
constexpr std::uint32_t version = 1;
constexpr std::string_view hash_name = "sha512";
constexpr std::uint8_t user_present = 0x01;

constexpr std::string_view armor_begin = "-----BEGIN SSH SIGNATURE-----\n";
constexpr std::string_view armor_end = "-----END SSH SIGNATURE-----\n";
constexpr std::size_t armor_columns = 70;

// What SSH signs for a message: PROTOCOL.sshsig §3.
Bytes signed_data(std::string_view name_space, ByteView message) {
  Bytes data = to_bytes(magic);
  put_string(data, as_bytes(name_space));
  put_string(data, {});
  put_string(data, as_bytes(hash_name));
  put_string(data, sha512(message).view());
  return data;
}

// What a token signs for that: PROTOCOL.u2f.
Bytes token_signed_data(const SshSignature& signature, ByteView data) {
  Bytes result;
  append(result, sha256(as_bytes(signature.key.application)).view());
  result.push_back(static_cast<std::byte>(signature.flags));
  put_u32(result, signature.counter);
  append(result, sha256(data).view());
  return result;
}

// The key blob, the reader then standing behind it; the reader fails if it reads no SSHSIG.
ByteView take_header(ByteReader& reader) {
  if (as_text(reader.raw(magic.size())) != magic || take_u32(reader) != version) reader.fail();
  return take_string(reader);
}

}  // namespace

SshSignature ssh_sign(const SigningKey<AuthorityPurpose>& key, std::string_view name_space,
                      ByteView message) {
  VAULT_ASSERT(!name_space.empty());
  SshSignature result;
  result.key.key = verify_key(key);
  result.name_space = name_space;
  result.signature = sign(key, signed_data(name_space, message));
  return result;
}

bool ssh_verify(const SshSignature& signature, const SshPublicKey& signer,
                std::string_view name_space, ByteView message) {
  if (signature.key != signer || signature.name_space != name_space) return false;
  const Bytes data = signed_data(name_space, message);
  if (signer.kind == SshKeyKind::ed25519) return verify(signer.key, data, signature.signature);
  return (signature.flags & user_present) != 0 &&
         verify(signer.key, token_signed_data(signature, data), signature.signature);
}

Bytes encode_sshsig(const SshSignature& signature) {
  VAULT_ASSERT(!signature.name_space.empty());
  Bytes inner;
  put_string(inner, as_bytes(ssh_key_type(signature.key.kind)));
  put_string(inner, signature.signature.view());
  if (signature.key.kind == SshKeyKind::sk_ed25519) {
    inner.push_back(static_cast<std::byte>(signature.flags));
    put_u32(inner, signature.counter);
  }
  Bytes blob = to_bytes(magic);
  put_u32(blob, version);
  put_string(blob, encode_ssh_key(signature.key));
  put_string(blob, as_bytes(signature.name_space));
  put_string(blob, {});
  put_string(blob, as_bytes(hash_name));
  put_string(blob, inner);
  return blob;
}

std::optional<SshSignature> decode_sshsig(ByteView blob) {
  ByteReader outer(blob);
  const auto key = decode_ssh_key(take_header(outer));
  const std::string_view name_space = as_text(take_string(outer));
  const bool has_reserved = !take_string(outer).empty();
  const std::string_view hash = as_text(take_string(outer));
  ByteReader inner(take_string(outer));
  if (!key || name_space.empty() || has_reserved || hash != hash_name || !outer.done()) {
    return std::nullopt;
  }
  const std::string_view type = as_text(take_string(inner));
  const auto signature = Signature::from_bytes(take_string(inner));
  if (!signature || type != ssh_key_type(key->kind)) return std::nullopt;
  SshSignature result{*key, std::string(name_space), *signature};
  if (key->kind == SshKeyKind::sk_ed25519) {
    result.flags = inner.u8();
    result.counter = take_u32(inner);
  }
  if (!inner.done()) return std::nullopt;
  return result;
}

std::string_view sshsig_key_type(ByteView blob) noexcept {
  ByteReader reader(blob);
  return ssh_blob_type(take_header(reader));
}

std::string armor_sshsig(ByteView blob) {
  std::string text(armor_begin);
  const std::string encoded = to_base64(blob);
  for (std::size_t begin = 0; begin < encoded.size(); begin += armor_columns) {
    text += std::string_view(encoded).substr(begin, armor_columns);
    text += '\n';
  }
  text += armor_end;
  return text;
}

std::optional<Bytes> dearmor_sshsig(std::string_view armored) {
  if (!armored.starts_with(armor_begin) || !armored.ends_with(armor_end) ||
      armored.size() < armor_begin.size() + armor_end.size()) {
    return std::nullopt;
  }
  std::string encoded(armored.substr(armor_begin.size()));
  encoded.resize(encoded.size() - armor_end.size());
  std::erase(encoded, '\n');
  auto blob = from_base64(encoded);
  if (!blob || armor_sshsig(*blob) != armored) return std::nullopt;
  return blob;
}

}  // namespace muniment
