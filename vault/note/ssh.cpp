#include "vault/note/ssh.hpp"

#include "vault/crypto/base64.hpp"
#include "vault/note/ssh_wire.hpp"

namespace muniment {

namespace {

std::optional<SshKeyKind> kind_of(std::string_view type) noexcept {
  for (const SshKeyKind kind : {SshKeyKind::ed25519, SshKeyKind::sk_ed25519}) {
    if (ssh_key_type(kind) == type) return kind;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ssh_key_type(SshKeyKind kind) noexcept {
  return kind == SshKeyKind::ed25519 ? "ssh-ed25519" : "sk-ssh-ed25519@openssh.com";
}

Bytes encode_ssh_key(const SshPublicKey& key) {
  Bytes blob;
  ssh_wire::put_string(blob, as_bytes(ssh_key_type(key.kind)));
  ssh_wire::put_string(blob, key.key.view());
  if (key.kind == SshKeyKind::sk_ed25519) ssh_wire::put_string(blob, as_bytes(key.application));
  return blob;
}

std::optional<SshPublicKey> decode_ssh_key(ByteView blob) {
  ByteReader reader(blob);
  const auto kind = kind_of(as_text(ssh_wire::take_string(reader)));
  if (!kind) return std::nullopt;
  const auto key = VerifyKey<AuthorityPurpose>::from_bytes(ssh_wire::take_string(reader));
  std::string_view application;
  if (*kind == SshKeyKind::sk_ed25519) application = as_text(ssh_wire::take_string(reader));
  if (!key || !reader.done()) return std::nullopt;
  return SshPublicKey{*kind, *key, std::string(application)};
}

std::string_view ssh_blob_type(ByteView blob) noexcept {
  ByteReader reader(blob);
  return as_text(ssh_wire::take_string(reader));
}

std::string encode_authorized_key(const SshPublicKey& key) {
  std::string text(ssh_key_type(key.kind));
  text += ' ';
  text += to_base64(encode_ssh_key(key));
  return text;
}

std::optional<SshPublicKey> decode_authorized_key(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto blob = from_base64(text.substr(space + 1));
  if (!blob || ssh_blob_type(*blob) != text.substr(0, space)) return std::nullopt;
  return decode_ssh_key(*blob);
}

}  // namespace muniment
