// The keys of a vault, opened beside its facade, which gives them to nobody.
#pragma once

#include "vault/keyring/keyring_file.hpp"
#include "vault/ledger_set.hpp"
#include "vault/marker.hpp"
#include "vault/snapshot/access.hpp"

namespace muniment::test {

// Does not move: `access` points into `collections`.
struct OpenedKeys {
  OpenedKeys(FileSystem& files, const FileSystem::Path& vault, const Credential& credential) {
    const VaultId id = find_marker(files, vault).identity.vault;
    const Keyring stored = load_keyring(files, vault, id).keyring;
    keyring = stored.unlock(credential);
    const KeyringIdentity& identity = stored.identity();
    const LedgerSet ledgers = load_ledgers(files, vault / "ledgers", identity.consortium);
    const Consortium consortium = Consortium::replay(identity.consortium, ledgers.pointers());
    collections = open_all_collections(consortium, identity.device, keyring.reading->keys.reading);
    access = make_access(collections, open_names(consortium, collections));
  }
  OpenedKeys(OpenedKeys&&) = delete;

  UnlockedKeyring keyring;
  OpenCollections collections;
  AccessMap access;
};

}  // namespace muniment::test
