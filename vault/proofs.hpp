// Proofs for people who have no vault: that one file was in a snapshot, showing as little else as
// can be. A further part of the facade.
#pragma once

#include <array>
#include <set>

#include "vault/vault.hpp"

namespace muniment {

// What a proof may leave hidden: fields of the file, and the names of the members who signed.
inline constexpr std::array<std::string_view, 5> proof_parts{"content", "name", "time", "parts",
                                                             "members"};

struct ProofOptions {
  std::set<std::string> hidden;     // of proof_parts
  std::filesystem::path directory;  // a new one; empty: proof-<digits of the leaf's hash>, here
};

struct ProofReport {
  std::filesystem::path directory;
  std::vector<std::string> files;  // in it
  std::string ledger;              // its origin
  std::uint64_t entry = 0;         // index of the snapshot's entry in it
  std::size_t witnesses = 0;       // members whose cosignatures are with it
  std::size_t anchors = 0;
  std::vector<std::string> warnings;  // what whoever hands it on should know
};

// The vault must be unlocked.
class Proofs {
 public:
  // The vault must outlive it.
  explicit Proofs(Vault& vault) : x_vault(vault) {}

  // Writes the proof of the file at `path` of `snapshot` to a new directory, whole or not at all.
  // The access log has it before a key is used. Error(not_found) and Error(usage) if there is no
  // such file; Error(exists) if the directory is there; Error(denied) if the snapshot's epoch was
  // not granted to this device; Error(damaged) if the list of files is not the one that was signed.
  [[nodiscard]] ProofReport write(const SnapshotInfo& snapshot, const std::string& path,
                                  const ProofOptions& options, Activity& activity);

 private:
  Vault& x_vault;
};

}  // namespace muniment
