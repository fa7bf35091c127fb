// What every command needs: the vault that is meant, opened as far as the command needs it, the
// terminal, and the activity that Ctrl-C stops.
#pragma once

#include <string>

#include "cli/credential.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "vault/vault.hpp"

namespace muniment {

// Stand before or after the command.
struct GlobalOptions {
  std::string vault;  // these three: empty if not given
  std::string passphrase_file;
  std::string key_file;
  std::string user;     // for the access log: who, as they call themselves,
  std::string purpose;  // and what for
  unsigned wait_seconds = 30;
  bool json = false;
  bool quiet = false;
};

class Session {
 public:
  // All must outlive it.
  Session(const GlobalOptions& options, Terminal& terminal, Activity& activity);

  [[nodiscard]] const GlobalOptions& options() const noexcept { return x_options; }
  [[nodiscard]] Terminal& terminal() noexcept { return x_terminal; }
  [[nodiscard]] Activity& activity() noexcept { return x_activity; }
  [[nodiscard]] Environment environment() noexcept { return {*x_files, x_clock, x_random}; }
  [[nodiscard]] CredentialSource credential_source() const;

  // Where the vault is that is meant. Error(no_vault) if none is named and none is here.
  [[nodiscard]] std::filesystem::path directory();
  // Without a key. What opening noticed is said.
  [[nodiscard]] Vault open();
  // Asks for the passphrase where no file is given.
  [[nodiscard]] Vault open_unlocked(UnlockEntry entry = UnlockEntry::before);
  // Unlocks if that needs no question.
  [[nodiscard]] Vault open_unlocked_if_given();
  // From the file that is given, or asked for: never from the agent, since it shall be shown anew.
  [[nodiscard]] Credential credential_for(const Vault& vault);
  [[nodiscard]] Credential credential_for(std::span<const SlotInfo> slots);

 private:
  [[nodiscard]] Credential ask_passphrase(std::span<const SlotInfo> slots);
  // False if no agent has this vault's keys.
  bool unlock_through_agent(Vault& vault, UnlockEntry entry);

  const GlobalOptions& x_options;
  Terminal& x_terminal;
  Activity& x_activity;
  std::unique_ptr<FileSystem> x_files = posix_file_system();
  SystemClock x_clock;
  SystemRandom x_random;
};

}  // namespace muniment
