#include "cli/session.hpp"

#include <algorithm>
#include <cstdlib>

#include "cli/agent_client.hpp"

namespace muniment {

Session::Session(const GlobalOptions& options, Terminal& terminal, Activity& activity)
    : x_options(options), x_terminal(terminal), x_activity(activity) {}

CredentialSource Session::credential_source() const {
  return CredentialSource::choose(x_options.key_file, x_options.passphrase_file);
}

Vault Session::open() {
  Vault vault = Vault::open(directory(), environment());
  vault.set_lock_wait(std::chrono::seconds(x_options.wait_seconds));
  const char* user = std::getenv("MUNIMENT_USER");
  vault.set_actor(x_options.user.empty() && user != nullptr ? user : x_options.user,
                  x_options.purpose);
  for (const std::string& warning : vault.warnings()) x_terminal.warn("warning: " + warning);
  return vault;
}

Vault Session::open_unlocked(UnlockEntry entry) {
  Vault vault = open();
  if (unlock_through_agent(vault, entry)) return vault;
  const Credential credential = credential_for(vault);
  const ProgressBar bar(x_terminal, x_activity, "opening");
  vault.unlock(credential, x_activity);
  return vault;
}

Vault Session::open_unlocked_if_given() {
  if (credential_source().is_given()) return open_unlocked();
  Vault vault = open();
  unlock_through_agent(vault, UnlockEntry::before);
  return vault;
}

Credential Session::credential_for(const Vault& vault) {
  return credential_for(vault.key_slots());
}

Credential Session::credential_for(std::span<const SlotInfo> slots) {
  const CredentialSource source = credential_source();
  return source.is_given() ? read_credential(source, x_terminal) : ask_passphrase(slots);
}

// What is given on the command line comes first, so that it is never ignored.
bool Session::unlock_through_agent(Vault& vault, UnlockEntry entry) {
  if (credential_source().is_given()) return false;
  std::optional<DeviceKeys> keys = keys_from_agent(vault.id());
  if (!keys) return false;
  const ProgressBar bar(x_terminal, x_activity, "opening");
  vault.unlock(std::move(*keys), x_activity, entry);
  return true;
}

std::filesystem::path Session::directory() {
  if (!x_options.vault.empty()) return std::filesystem::absolute(x_options.vault);
  if (const char* given = std::getenv("MUNIMENT_VAULT"); given != nullptr && *given != '\0') {
    return std::filesystem::absolute(given);
  }
  if (auto found = Vault::find_directory(std::filesystem::current_path(), *x_files)) return *found;
  throw Error(ErrorCode::no_vault, "no vault in this directory or above it",
              "name one with --vault DIR, or make one with 'muniment init DIR'");
}

Credential Session::ask_passphrase(std::span<const SlotInfo> slots) {
  if (std::ranges::find(slots, CredentialKind::passphrase, &SlotInfo::kind) == slots.end()) {
    throw Error(ErrorCode::usage, "this vault is opened by a key file, and none is given",
                "give it with --key-file FILE");
  }
  std::optional<SecretTerminal> terminal = SecretTerminal::open();
  if (!terminal) {
    throw Error(ErrorCode::usage, "there is no terminal to ask for the passphrase on",
                "give it in a file with --passphrase-file FILE");
  }
  return Credential::passphrase(terminal->ask("Passphrase: ", x_activity));
}

}  // namespace muniment
