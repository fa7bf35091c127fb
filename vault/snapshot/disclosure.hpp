// The content root: a Merkle tree over salted digests of every file's fields, so that one file can
// later be proved to belong to a snapshot while name, time or everything else stays hidden
// (research/trust.md §5; bytes in FORMAT.md).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "vault/base/file.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/merkle/proof.hpp"
#include "vault/snapshot/entry.hpp"
#include "vault/snapshot/manifest.hpp"

namespace muniment {

// One of a file's fields: what is revealed, what blinds it, and the digest that stands in the leaf.
struct DisclosureField {
  std::string label;
  std::string value;
  Sha256Digest salt;
  Sha256Digest digest;
};

// The fields of a file in leaf order: content, name, time, parts. Derived, never stored. `entry`
// must be a file.
[[nodiscard]] std::vector<DisclosureField> disclosure_fields(const SeedKey& key,
                                                             const SnapshotNonce& nonce,
                                                             const Entry& entry);

// What the leaf hashes: fixed-order text.
[[nodiscard]] std::string disclosure_leaf(std::span<const DisclosureField> fields);

// A leaf and what it is sorted by: the content digest, so that its place says nothing about its
// path.
struct ContentLeaf {
  Sha256Digest content;
  Sha256Digest leaf;

  friend auto operator<=>(const ContentLeaf&, const ContentLeaf&) = default;
};

[[nodiscard]] ContentLeaf content_leaf(const SeedKey& key, const SnapshotNonce& nonce,
                                       const Entry& entry);

struct ContentInclusion {
  TreeHead head;
  std::uint64_t index = 0;
  MerkleProof hashes;
};

// Sorts any number of leaves in bounded memory (24 MiB): beyond that, sorted runs of salted digests
// go to temporary files under `scratch`, which are removed at the end. Not thread-safe.
class ContentTree {
 public:
  // What the temporary files' names begin with.
  static constexpr std::string_view run_prefix = "content-tree-";
  // Up to here there are none.
  static constexpr std::size_t default_leaves_in_memory = 250'000;

  ContentTree(FileSystem& files, std::filesystem::path scratch,
              std::size_t leaves_in_memory = default_leaves_in_memory);
  ~ContentTree();
  ContentTree(ContentTree&&) = delete;

  void add(const ContentLeaf& leaf);
  // Ends the tree.
  [[nodiscard]] TreeHead finish();
  // Ends it and proves that `leaf`, which was added, stands in it.
  [[nodiscard]] ContentInclusion prove(const ContentLeaf& leaf);

 private:
  void spill();
  // All leaves in their order.
  void visit(const std::function<void(const ContentLeaf&)>& visitor);

  FileSystem& x_files;
  std::filesystem::path x_scratch;
  std::size_t x_leaves_in_memory;
  std::vector<ContentLeaf> x_leaves;
  std::vector<std::filesystem::path> x_runs;
};

}  // namespace muniment
