// SSHSIG (OpenSSH's PROTOCOL.sshsig): what a member signs, here or with `ssh-keygen -Y sign`, and
// anybody can check with `ssh-keygen -Y verify`. The namespace says for which act a signature is;
// one act a namespace.
#pragma once

#include "vault/note/ssh.hpp"

namespace muniment {

// SHA-512 of the message, no reserved data: what ssh-keygen makes, and all that is accepted.
struct SshSignature {
  SshPublicKey key;
  std::string name_space;  // not empty
  Signature signature;
  // Set by a token, zero for keys in software: bit 0 of the flags says that a person touched it.
  std::uint8_t flags = 0;
  std::uint32_t counter = 0;

  friend bool operator==(const SshSignature&, const SshSignature&) = default;
};

[[nodiscard]] SshSignature ssh_sign(const SigningKey<AuthorityPurpose>& key,
                                    std::string_view name_space, ByteView message);

// True only if the signature carries the key of `signer`, was made with it for `name_space` over
// `message`, and, if `signer` is a token, with somebody present.
[[nodiscard]] bool ssh_verify(const SshSignature& signature, const SshPublicKey& signer,
                              std::string_view name_space, ByteView message);

// The binary form, as ledger entries carry it in base64.
[[nodiscard]] Bytes encode_sshsig(const SshSignature& signature);
// Empty unless `blob` is exactly what encode_sshsig gives for some signature.
[[nodiscard]] std::optional<SshSignature> decode_sshsig(ByteView blob);

// The type of the key that made it, supported or not, for a message that says so; empty if `blob`
// is no SSHSIG.
[[nodiscard]] std::string_view sshsig_key_type(ByteView blob) noexcept;

// The text form that ssh-keygen reads and writes: base64 in lines of 70 between BEGIN and END
// lines.
[[nodiscard]] std::string armor_sshsig(ByteView blob);
// The blob, not looked into. Empty unless `armored` is exactly what armor_sshsig gives for some
// blob.
[[nodiscard]] std::optional<Bytes> dearmor_sshsig(std::string_view armored);

}  // namespace muniment
