#include "vault/merkle/proof.hpp"

#include <bit>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

// Leaves [begin, end) under one node of the tree: `begin` is a multiple of the power of two that
// holds them all.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
  // Where the node divides: after the largest power of two of leaves that is less than all of them.
  [[nodiscard]] std::uint64_t middle() const noexcept { return begin + std::bit_floor(size() - 1); }
  [[nodiscard]] Range left() const noexcept { return {begin, middle()}; }
  [[nodiscard]] Range right() const noexcept { return {middle(), end}; }
};

Sha256Digest root_of(Range range, const NodeReader& nodes) {
  const auto take_last_complete_subtree = [&] {
    const auto level = static_cast<unsigned>(std::countr_zero(range.size()));
    range.end -= std::uint64_t{1} << level;
    return nodes(level, range.end >> level);
  };
  Sha256Digest hash = take_last_complete_subtree();
  while (range.size() > 0) hash = node_hash(take_last_complete_subtree(), hash);
  return hash;
}

// The way up to the root, as both verifiers of RFC 9162 go it: the position of a node on its level
// (their `fn`) and that of the level's last node (their `sn`).
class Climb {
 public:
  Climb(std::uint64_t node, std::uint64_t last) noexcept : x_node(node), x_last(last) {}

  [[nodiscard]] bool at_root() const noexcept { return x_last == 0; }
  // True if the next hash of the proof stands to the left.
  [[nodiscard]] bool sibling_is_left() const noexcept { return is_right() || x_node == x_last; }

  // To the parent; a last node that has no sibling rises to where it gets one.
  void up() noexcept {
    if (!is_right() && x_node == x_last) {
      while (!is_right() && x_node != 0) shift();
    }
    shift();
  }

  // To the largest complete subtree that ends with this node, where a consistency proof begins.
  void skip_complete() noexcept {
    while (is_right()) shift();
  }

 private:
  [[nodiscard]] bool is_right() const noexcept { return (x_node & 1U) != 0; }
  void shift() noexcept {
    x_node >>= 1U;
    x_last >>= 1U;
  }

  std::uint64_t x_node;
  std::uint64_t x_last;
};

}  // namespace

NodeReader nodes_from_leaves(std::span<const Sha256Digest> leaves) {
  return [leaves](unsigned level, std::uint64_t index) {
    VAULT_ASSERT(level < 64 && index < leaves.size() >> level);
    const std::size_t count = std::size_t{1} << level;
    return merkle_root(leaves.subspan(index * count, count));
  };
}

Sha256Digest merkle_root(std::uint64_t size, const NodeReader& nodes) {
  return size == 0 ? merkle_root({}) : root_of({0, size}, nodes);
}

MerkleProof inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeReader& nodes) {
  VAULT_ASSERT(index < size);
  MerkleProof proof;
  Range range{0, size};
  while (range.size() > 1) {
    const bool is_left = index < range.middle();
    proof.push_back(root_of(is_left ? range.right() : range.left(), nodes));
    range = is_left ? range.left() : range.right();
  }
  std::ranges::reverse(proof);
  return proof;
}

InclusionProver::InclusionProver(std::uint64_t index, std::uint64_t size) : x_index(index) {
  VAULT_ASSERT(index < size);
  Range range{0, size};
  while (range.size() > 1) {
    const bool is_left = index < range.middle();
    const Range other = is_left ? range.right() : range.left();
    x_parts.push_back({other.begin, other.end, {}});
    range = is_left ? range.left() : range.right();
  }
  std::ranges::reverse(x_parts);
}

void InclusionProver::append(const Sha256Digest& leaf) {
  const std::uint64_t at = x_next++;
  if (at == x_index) return;
  const auto part = std::ranges::find_if(
      x_parts, [at](const Part& candidate) { return candidate.begin <= at && at < candidate.end; });
  VAULT_ASSERT(part != x_parts.end());
  part->tree.append(leaf);
}

MerkleProof InclusionProver::finish() const {
  MerkleProof proof;
  for (const Part& part : x_parts) {
    VAULT_ASSERT(part.tree.size() == part.end - part.begin);
    proof.push_back(part.tree.root());
  }
  return proof;
}

MerkleProof consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                              const NodeReader& nodes) {
  VAULT_ASSERT(0 < old_size && old_size <= new_size);
  MerkleProof proof;
  Range range{0, new_size};
  while (range.end != old_size) {
    const bool ends_left = old_size <= range.middle();
    proof.push_back(root_of(ends_left ? range.right() : range.left(), nodes));
    range = ends_left ? range.left() : range.right();
  }
  // The verifier has this one already where it is the whole old tree.
  if (range.begin != 0) proof.push_back(root_of(range, nodes));
  std::ranges::reverse(proof);
  return proof;
}

bool verify_inclusion(const TreeHead& head, std::uint64_t index, const Sha256Digest& leaf,
                      std::span<const Sha256Digest> proof) {
  if (index >= head.size || proof.size() > proof_hashes_max) return false;
  Climb climb(index, head.size - 1);
  Sha256Digest hash = leaf;
  for (const Sha256Digest& sibling : proof) {
    if (climb.at_root()) return false;
    hash = climb.sibling_is_left() ? node_hash(sibling, hash) : node_hash(hash, sibling);
    climb.up();
  }
  return climb.at_root() && hash == head.root;
}

bool verify_consistency(const TreeHead& before, const TreeHead& now,
                        std::span<const Sha256Digest> proof) {
  if (before.size == now.size) {
    return proof.empty() && before.root == now.root &&
           (now.size != 0 || now.root == merkle_root({}));
  }
  if (before.size == 0 || before.size > now.size) return false;
  if (proof.empty() || proof.size() > proof_hashes_max) return false;

  Climb climb(before.size - 1, now.size - 1);
  climb.skip_complete();
  Sha256Digest old_hash = before.root;
  if (!std::has_single_bit(before.size)) {
    old_hash = proof.front();
    proof = proof.subspan(1);
  }
  Sha256Digest new_hash = old_hash;
  for (const Sha256Digest& sibling : proof) {
    if (climb.at_root()) return false;
    if (climb.sibling_is_left()) {
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
    } else {
      new_hash = node_hash(new_hash, sibling);
    }
    climb.up();
  }
  return climb.at_root() && old_hash == before.root && new_hash == now.root;
}

bool proves_fork(const TreeHead& less, const TreeHead& more, const Sha256Digest& root,
                 std::span<const Sha256Digest> proof) {
  return less.size > 0 && root != less.root && verify_consistency({less.size, root}, more, proof);
}

}  // namespace muniment
