// Inclusion and consistency proofs, RFC 9162 §2.1.3 and §2.1.4.
#pragma once

#include <functional>

#include "vault/merkle/tree.hpp"

namespace muniment {

// Node hashes in the order of the RFC, nearest the leaves first.
using MerkleProof = std::vector<Sha256Digest>;

// A longer proof is refused unread; C2SP tlog-witness draws the line there too. Enough for every
// tree of less than 2^62 leaves.
inline constexpr std::size_t proof_hashes_max = 63;

// Gives the root of the complete subtree over the leaves [index·2^level, (index+1)·2^level). Is
// asked only for subtrees that lie wholly within the tree in question; throws if it cannot give
// one.
using NodeReader = std::function<Sha256Digest(unsigned level, std::uint64_t index)>;

// Reads from leaf hashes at hand, which must outlive the reader; takes time in proportion to
// 2^level.
[[nodiscard]] NodeReader nodes_from_leaves(std::span<const Sha256Digest> leaves);

// The root that the tree had when it held `size` leaves.
[[nodiscard]] Sha256Digest merkle_root(std::uint64_t size, const NodeReader& nodes);

// That leaf `index` stands in the tree of `size` leaves. `index` must be below `size`.
[[nodiscard]] MerkleProof inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          const NodeReader& nodes);

// The same from all leaves, given once each in their order: for a tree of which nobody keeps nodes.
// Holds the edges of as many trees as the proof has hashes.
class InclusionProver {
 public:
  // `index` must be below `size`.
  InclusionProver(std::uint64_t index, std::uint64_t size);

  void append(const Sha256Digest& leaf);
  // Once `size` leaves were given.
  [[nodiscard]] MerkleProof finish() const;

 private:
  // A hash of the proof is the root over the leaves [begin, end).
  struct Part {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    Frontier tree;
  };

  std::uint64_t x_index;
  std::uint64_t x_next = 0;
  std::vector<Part> x_parts;  // in the order of the proof
};

// That the tree of `new_size` leaves begins with the tree of `old_size` leaves. Needs
// 0 < old_size <= new_size; equal sizes give an empty proof.
[[nodiscard]] MerkleProof consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                            const NodeReader& nodes);

// RFC 9162 §2.1.3.2. True only if `leaf` is the hash of leaf `index` under `head`.
[[nodiscard]] bool verify_inclusion(const TreeHead& head, std::uint64_t index,
                                    const Sha256Digest& leaf, std::span<const Sha256Digest> proof);

// RFC 9162 §2.1.4.2. True only if the tree under `now` begins with the tree under `before`. Equal
// sizes need equal roots and an empty proof, and size 0 the root of nothing. False if `before` is
// empty and `now` is not: there is nothing to prove then, and a caller that accepts it says so
// itself.
[[nodiscard]] bool verify_consistency(const TreeHead& before, const TreeHead& now,
                                      std::span<const Sha256Digest> proof);

// True only if no log has both trees: with `proof`, the tree under `more` begins with as many
// leaves as `less` has, not none, of which the root is `root` and not that of `less`.
[[nodiscard]] bool proves_fork(const TreeHead& less, const TreeHead& more, const Sha256Digest& root,
                               std::span<const Sha256Digest> proof);

}  // namespace muniment
