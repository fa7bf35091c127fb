// The collections that this device can read, ready for use.
#pragma once

#include "vault/consortium/keys.hpp"
#include "vault/snapshot/open_packs.hpp"

namespace muniment {

// One collection's keys. `keys` must outlive it.
struct CollectionAccess {
  CollectionId id;
  std::string name;  // "consortium" for the built-in one
  const CollectionKeys* keys = nullptr;
  EpochSecretKeys epoch_secrets;  // of the epochs in `keys`
};

using AccessMap = std::map<CollectionId, CollectionAccess>;

// `keys` must outlive the result; collections whose name could not be opened have their id for one.
[[nodiscard]] AccessMap make_access(const OpenCollections& keys, const Names& names);

// The collection that has this epoch; null if none of these has.
[[nodiscard]] const CollectionAccess* find_collection(const AccessMap& access,
                                                      const EpochCommitment& epoch);

}  // namespace muniment
