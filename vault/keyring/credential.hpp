// What somebody shows to open a keyring: a passphrase, the bytes of a key file, or the recovery
// seed.
#pragma once

#include <filesystem>

#include "vault/crypto/secret.hpp"
#include "vault/keyring/recovery.hpp"

namespace muniment {

// Values are stored in the keyring's slots: never change one.
enum class CredentialKind : std::uint8_t { passphrase = 1, key_file = 2, recovery = 3 };

// "passphrase", "key file" or "recovery sheet".
[[nodiscard]] std::string_view to_text(CredentialKind kind) noexcept;

class Credential {
 public:
  // The bytes as they were typed, in no normal form. Error(usage) unless there are 1 to 4,096 of
  // them.
  [[nodiscard]] static Credential passphrase(SecretBytes text);
  // The whole file, of any format. Error(usage) unless it has 32 bytes to 1 MiB.
  [[nodiscard]] static Credential key_file(SecretBytes content);
  [[nodiscard]] static Credential recovery(const RecoverySeed& seed);

  [[nodiscard]] CredentialKind kind() const noexcept { return x_kind; }
  [[nodiscard]] ByteView secret() const noexcept { return x_secret.view(); }

 private:
  Credential(CredentialKind kind, SecretBytes secret) : x_kind(kind), x_secret(std::move(secret)) {}

  CredentialKind x_kind;
  SecretBytes x_secret;
};

struct SecretFile {
  SecretBytes content;
  // Its group or everybody may read it: worth a warning, no more, since some file systems know no
  // modes.
  bool open_to_others = false;
};

// A user's key file or passphrase file, whole; pipes are read too. It lies outside the vault, hence
// no FileSystem. Error(not_found), Error(io), or Error(limit) if it is larger than `limit` bytes.
[[nodiscard]] SecretFile read_secret_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace muniment
