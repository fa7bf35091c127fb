// What it takes to show that one file belongs to a snapshot: the fields of its leaf with their
// salts, and the leaf's place in the content tree. Nothing of any other file is in it but the size
// of the tree and hashes over salted digests.
#pragma once

#include "vault/snapshot/access.hpp"
#include "vault/snapshot/disclosure.hpp"
#include "vault/snapshot/reader.hpp"

namespace muniment {

struct ContentProof {
  std::vector<DisclosureField> fields;  // in leaf order
  ContentInclusion leaf;
};

// What the salts of the snapshot's files follow from. Empty if its index names an epoch that this
// collection does not have.
[[nodiscard]] std::optional<SeedKey> snapshot_seed_key(const CollectionAccess& collection,
                                                       const Reader& reader);

// Of `file`, an entry of the snapshot that is a file. Goes through the whole list of files;
// `scratch` is for what of a large tree does not fit in memory, as ContentTree has it.
[[nodiscard]] ContentProof prove_content(const Reader& reader, const SeedKey& key,
                                         const Entry& file, FileSystem& files,
                                         const std::filesystem::path& scratch, Activity& activity);

}  // namespace muniment
