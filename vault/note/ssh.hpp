// OpenSSH public keys of member authorities: Ed25519 in software, or on a FIDO2 token
// (PROTOCOL.u2f).
#pragma once

#include <string>

#include "vault/crypto/sign.hpp"

namespace muniment {

enum class SshKeyKind {
  ed25519,     // ssh-ed25519
  sk_ed25519,  // sk-ssh-ed25519@openssh.com
};

// `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`.
[[nodiscard]] std::string_view ssh_key_type(SshKeyKind kind) noexcept;

struct SshPublicKey {
  SshKeyKind kind = SshKeyKind::ed25519;
  VerifyKey<AuthorityPurpose> key;
  // What a token signs for, "ssh:" as a rule; empty for keys in software.
  std::string application;

  friend auto operator<=>(const SshPublicKey&, const SshPublicKey&) = default;
};

// The blob on the wire (RFC 8709 §4, PROTOCOL.u2f).
[[nodiscard]] Bytes encode_ssh_key(const SshPublicKey& key);
// Empty unless `blob` is exactly what encode_ssh_key gives for some key.
[[nodiscard]] std::optional<SshPublicKey> decode_ssh_key(ByteView blob);

// The type that a blob names, known to us or not, for saying what is not supported; bytes as found,
// to be escaped before they are printed. Empty if it names none.
[[nodiscard]] std::string_view ssh_blob_type(ByteView blob) noexcept;

// As in authorized_keys, `type SP base64(blob)`, without options, comment and LF.
[[nodiscard]] std::string encode_authorized_key(const SshPublicKey& key);
// Empty unless `text` is exactly what encode_authorized_key gives for some key.
[[nodiscard]] std::optional<SshPublicKey> decode_authorized_key(std::string_view text);

}  // namespace muniment
