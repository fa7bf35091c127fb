// A vault for a member whose device is lost: from its recovery seed, and from what partners have of
// the ledgers. The device is a new one; the lost one stays what it was until it is revoked.
#pragma once

#include "vault/vault.hpp"

namespace muniment {

struct RebuildOptions {
  std::filesystem::path directory;  // absent or empty
  std::string device;               // its name; empty: random words are made up
  std::vector<std::string> texts;   // what partners print with 'muniment text'
  Argon2idCost argon2id_cost;       // for a passphrase only
};

struct RebuiltVault {
  VaultId vault;
  std::string member;
  std::string device;
  std::vector<std::string> granted;      // collections that the member granted to its new device
  std::vector<std::string> not_granted;  // those that only a custodian can
  std::vector<std::string> damage;       // ledgers that were not taken whole: a line each
  std::string text;                      // for partners: the new device, and that it was recovered
};

// Error(wrong_key) if the seed recovers no member of the consortium; Error(denied) if its authority
// key was never sealed to the seed, so that nobody can vouch for a new device. Nothing is left
// behind if it fails.
[[nodiscard]] RebuiltVault rebuild_vault(const RebuildOptions& options, const RecoverySeed& seed,
                                         const Credential& fresh, Environment environment);

}  // namespace muniment
