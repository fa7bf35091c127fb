// Where passphrases and key files come from: a file, or the user's own terminal. Never the command
// line or the environment, which only say where a file is.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "vault/base/handle.hpp"
#include "vault/vault.hpp"

namespace muniment {

// Paths that were given on the command line or, where none was, in the environment.
struct CredentialSource {
  std::optional<std::filesystem::path> key_file;
  std::optional<std::filesystem::path> passphrase_file;

  // The variables are $MUNIMENT_KEY_FILE and $MUNIMENT_PASSPHRASE_FILE. Error(usage) if both kinds
  // are given.
  [[nodiscard]] static CredentialSource choose(const std::string& key_file,
                                               const std::string& passphrase_file);
  // True if nothing has to be asked.
  [[nodiscard]] bool is_given() const noexcept { return key_file || passphrase_file; }
};

// The credential from its file. `source` must be given. A file that others may read is warned of.
[[nodiscard]] Credential read_credential(const CredentialSource& source, Terminal& terminal);

// The user's terminal itself, wherever stdin, stdout and stderr go.
class SecretTerminal {
 public:
  // Empty if there is none.
  [[nodiscard]] static std::optional<SecretTerminal> open();

  // Asks for a line without showing it. Error(interrupted) at a signal or the end of the input;
  // Error(usage) for a line that is too long.
  [[nodiscard]] SecretBytes ask(std::string_view question, const Activity& activity);
  void show(std::string_view text);

 private:
  using Stream = Handle<std::FILE, std::fclose>;
  explicit SecretTerminal(Stream stream) : x_stream(std::move(stream)) {}

  Stream x_stream;
};

}  // namespace muniment
