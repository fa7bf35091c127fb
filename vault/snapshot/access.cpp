#include "vault/snapshot/access.hpp"

namespace muniment {

AccessMap make_access(const OpenCollections& keys, const Names& names) {
  AccessMap map;
  for (const auto& [id, collection_keys] : keys) {
    CollectionAccess access{id, id.hex(), &collection_keys, {}};
    const auto record = names.collections.find(id);
    if (record != names.collections.end()) access.name = record->second.name;
    if (id == consortium_collection) access.name = "consortium";
    for (const OpenEpoch& epoch : collection_keys.epochs) {
      access.epoch_secrets.emplace(epoch.commitment, epoch_secret_key(epoch.key));
    }
    map.emplace(id, std::move(access));
  }
  return map;
}

const CollectionAccess* find_collection(const AccessMap& access, const EpochCommitment& epoch) {
  for (const auto& [id, collection] : access) {
    if (collection.epoch_secrets.contains(epoch)) return &collection;
  }
  return nullptr;
}

}  // namespace muniment
