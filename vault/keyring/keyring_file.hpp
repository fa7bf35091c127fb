// The keyring on disk: two copies, `keyring` and `keyring.2`, each replaced whole, since it is the
// one thing that cannot be rebuilt.
#pragma once

#include "vault/base/file.hpp"
#include "vault/keyring/keyring.hpp"

namespace muniment {

struct LoadedKeyring {
  Keyring keyring;
  // The copies that are missing, damaged, older, or of another vault; `repair_keyring` rewrites
  // them. Empty if both are whole.
  std::vector<std::string> damaged_copies;
};

// The newest whole copy of `vault`'s keyring in `directory`. Changes nothing.
// Error(damaged) if there is none: damage is told from a wrong passphrase by a plain checksum.
// Error(unsupported) if a whole copy is of another version.
[[nodiscard]] LoadedKeyring load_keyring(FileSystem& files, const FileSystem::Path& directory,
                                         const VaultId& vault);

// Writes the second copy, then the first, as the next generation. Both compartments must have a
// slot. The caller holds the vault's writer lock.
void save_keyring(FileSystem& files, const FileSystem::Path& directory, Keyring& keyring);

// Makes both copies equal to the one that was loaded. The caller holds the vault's writer lock.
void repair_keyring(FileSystem& files, const FileSystem::Path& directory,
                    const LoadedKeyring& loaded);

}  // namespace muniment
