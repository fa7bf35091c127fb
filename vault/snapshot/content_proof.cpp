#include "vault/snapshot/content_proof.hpp"

namespace muniment {

std::optional<SeedKey> snapshot_seed_key(const CollectionAccess& collection, const Reader& reader) {
  const OpenEpoch* epoch = collection.keys->find(reader.index().epoch);
  if (epoch == nullptr) return std::nullopt;
  const Batch* batch = reader.batch();
  return batch != nullptr ? batch->seed_key() : seed_key(epoch->key);
}

ContentProof prove_content(const Reader& reader, const SeedKey& key, const Entry& file,
                           FileSystem& files, const std::filesystem::path& scratch,
                           Activity& activity) {
  const SnapshotNonce& nonce = reader.index().nonce;
  ContentTree tree(files, scratch);
  reader.visit("", [&](const Entry& entry) {
    activity.check();
    if (entry.kind == EntryKind::file) tree.add(content_leaf(key, nonce, entry));
    return true;
  });
  return {disclosure_fields(key, nonce, file), tree.prove(content_leaf(key, nonce, file))};
}

}  // namespace muniment
