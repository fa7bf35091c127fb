#include "vault/keyring/credential.hpp"

#include <cerrno>
#include <cstdio>

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/text.hpp"

namespace muniment {

std::string_view to_text(CredentialKind kind) noexcept {
  switch (kind) {
    case CredentialKind::passphrase:
      return "passphrase";
    case CredentialKind::key_file:
      return "key file";
    case CredentialKind::recovery:
      return "recovery sheet";
  }
  return "unknown";
}

Credential Credential::passphrase(SecretBytes text) {
  if (text.size() == 0) throw Error(ErrorCode::usage, "passphrase: it is empty");
  if (text.size() > limits::passphrase_bytes_max) {
    throw Error(ErrorCode::usage, "passphrase: longer than 4,096 bytes");
  }
  return {CredentialKind::passphrase, std::move(text)};
}

Credential Credential::key_file(SecretBytes content) {
  if (content.size() < limits::key_file_bytes_min) {
    throw Error(ErrorCode::usage, "key file: shorter than 32 bytes",
                "make one from the system's random numbers: head -c 64 /dev/urandom > FILE");
  }
  if (content.size() > limits::key_file_bytes_max) {
    throw Error(ErrorCode::usage, "key file: longer than 1 MiB");
  }
  return {CredentialKind::key_file, std::move(content)};
}

Credential Credential::recovery(const RecoverySeed& seed) {
  return {CredentialKind::recovery, SecretBytes::copy_of(seed.view())};
}

SecretFile read_secret_file(const std::filesystem::path& path, std::size_t limit) {
  const std::string name = escape(path.native());
  const Handle<std::FILE, std::fclose> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    if (errno == ENOENT) throw Error(ErrorCode::not_found, name + ": no such file");
    throw io_error(name, "open", errno);
  }
  // Else the library would keep a copy of the secret in a buffer that nobody wipes.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  SecretBytes buffer(limit + 1);
  const std::size_t size = std::fread(buffer.mutable_view().data(), 1, buffer.size(), file.get());
  if (std::ferror(file.get()) != 0) throw io_error(name, "read", errno);
  if (size > limit) {
    throw Error(ErrorCode::limit, name + ": larger than " + std::to_string(limit) + " bytes");
  }

  using std::filesystem::perms;
  std::error_code unknown;
  const perms mode = std::filesystem::status(path, unknown).permissions();
  const bool open_to_others =
      !unknown && (mode & (perms::group_read | perms::others_read)) != perms::none;
  return {SecretBytes::copy_of(buffer.view().first(size)), open_to_others};
}

}  // namespace muniment
