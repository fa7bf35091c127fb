// Secrets that are made here: new passphrases, key files, recovery sheets. Files for them are
// private and go away again if what they were made for fails.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.hpp"

namespace muniment {

// A new file for a secret, 0600, which goes away again unless it is kept.
class NewSecretFile {
 public:
  // Error(exists) if there is one of this name.
  NewSecretFile(FileSystem& files, std::filesystem::path path);
  ~NewSecretFile();
  NewSecretFile(NewSecretFile&&) = delete;

  void write(ByteView content);
  void keep() noexcept { x_kept = true; }

 private:
  FileSystem& x_files;
  std::filesystem::path x_path;
  std::unique_ptr<File> x_file;
  bool x_kept = false;
};

// Random bytes in hexadecimal, which survives being copied as text.
[[nodiscard]] SecretBytes key_file_content(Random& random);

// Argon2id's cost here: about a second, over memory that a laptop can spare.
[[nodiscard]] Argon2idCost passphrase_cost();

// Asked twice. Error(usage) if it is empty or the two differ.
[[nodiscard]] Credential ask_new_passphrase(SecretTerminal& terminal, const Activity& activity);

// The files that a new credential comes from, each empty if not given.
struct NewCredential {
  std::string passphrase_file;
  std::string key_file;
};

// From the file that is given, else asked for.
[[nodiscard]] Credential read_new_credential(Session& session, const NewCredential& wanted);

// Declares --new-passphrase-file and --new-key-file.
void add_new_credential(CLI::App* command, NewCredential& target);

// Where a key file is named and absent, `made` has it afterwards.
void make_key_file(Session& session, const std::string& path, std::optional<NewSecretFile>& made);

// The recovery words in numbered columns under `heading`, to be copied by hand or printed.
[[nodiscard]] SecretBytes recovery_sheet(std::string_view heading, const SecretBytes& words);

// Shows the sheet, then asks two of its words back, so that nobody keeps one that was not copied.
// False if they were not given in three tries.
bool show_recovery_sheet(SecretTerminal& terminal, std::string_view heading,
                         const SecretBytes& words, Random& random, const Activity& activity);

}  // namespace muniment
