#include "vault/merkle/proof.hpp"

#include <doctest/doctest.h>

#include "tests/merkle/leaves.hpp"
#include "tests/support/damage.hpp"

namespace muniment {

namespace {

using Leaves = std::span<const Sha256Digest>;

constexpr std::size_t largest = 40;

std::size_t split_of(Leaves leaves) {
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return k;
}

// PATH(m, D_n) of RFC 9162 §2.1.3.1, word for word.
MerkleProof path_by_definition(std::size_t m, Leaves leaves) {
  if (leaves.size() == 1) return {};
  const std::size_t k = split_of(leaves);
  const Leaves left = leaves.first(k);
  const Leaves right = leaves.subspan(k);
  MerkleProof proof = m < k ? path_by_definition(m, left) : path_by_definition(m - k, right);
  proof.push_back(merkle_root(m < k ? right : left));
  return proof;
}

// SUBPROOF(m, D_n, b) of RFC 9162 §2.1.4.1, word for word.
MerkleProof subproof_by_definition(std::size_t m, Leaves leaves, bool whole) {
  if (m == leaves.size()) return whole ? MerkleProof{} : MerkleProof{merkle_root(leaves)};
  const std::size_t k = split_of(leaves);
  const Leaves left = leaves.first(k);
  const Leaves right = leaves.subspan(k);
  MerkleProof proof =
      m <= k ? subproof_by_definition(m, left, whole) : subproof_by_definition(m - k, right, false);
  proof.push_back(merkle_root(m <= k ? right : left));
  return proof;
}

TreeHead head_of(Leaves leaves, std::size_t size) {
  return {size, merkle_root(leaves.first(size))};
}

// Calls `refused(damaged)` for proofs that differ from this one in one hash, order or length.
template <class Check>
void for_each_damage(const MerkleProof& good, Check&& refused) {
  const Sha256Digest other = leaf_hash(as_bytes("another"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    test::for_each_bit_flip(good[i].view(), [&](ByteView flipped, std::size_t bit) {
      if (bit % 61 != 0) return;  // each hash is compared whole: some bits stand for all
      MerkleProof damaged = good;
      damaged[i] = *Sha256Digest::from_bytes(flipped);
      refused(damaged);
    });
    MerkleProof shorter = good;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    refused(shorter);
    MerkleProof swapped = good;
    std::swap(swapped[i], swapped[(i + 1) % good.size()]);
    if (good.size() > 1) refused(swapped);
  }
  for (const Sha256Digest& extra : {other, good.empty() ? other : good.back()}) {
    MerkleProof longer = good;
    longer.push_back(extra);
    refused(longer);
    longer = good;
    longer.insert(longer.begin(), extra);
    refused(longer);
  }
}

}  // namespace

TEST_CASE("inclusion proof: the same from leaves that come one after the other") {
  const auto leaves = test::some_leaves(largest);
  for (std::size_t size = 1; size <= largest; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      InclusionProver prover(index, size);
      for (const Sha256Digest& leaf : Leaves(leaves).first(size)) prover.append(leaf);
      CHECK(prover.finish() == path_by_definition(index, Leaves(leaves).first(size)));
    }
  }
}

TEST_CASE("inclusion proof: every leaf of every small tree has the RFC's proof, and it verifies") {
  const auto leaves = test::some_leaves(largest);
  for (std::size_t size = 1; size <= largest; ++size) {
    const TreeHead head = head_of(leaves, size);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, nodes_from_leaves(leaves));
      REQUIRE(proof == path_by_definition(index, Leaves(leaves).first(size)));
      REQUIRE(verify_inclusion(head, index, leaves[index], proof));
    }
  }
}

TEST_CASE("inclusion proof: another leaf, place, size or root, or a damaged proof is refused") {
  const auto leaves = test::some_leaves(largest);
  for (const std::size_t size : {1U, 2U, 3U, 7U, 8U, 13U}) {
    const TreeHead head = head_of(leaves, size);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, nodes_from_leaves(leaves));
      const Sha256Digest& leaf = leaves[index];
      CHECK_FALSE(verify_inclusion(head, index, leaves[index + 1], proof));
      CHECK_FALSE(verify_inclusion({size, leaf_hash({})}, index, leaf, proof));
      CHECK_FALSE(verify_inclusion({0, head.root}, index, leaf, proof));
      for (std::size_t other = 0; other < largest; ++other) {
        if (other != index) CHECK_FALSE(verify_inclusion(head, other, leaf, proof));
      }
      for_each_damage(proof, [&](const MerkleProof& damaged) {
        CHECK_FALSE(verify_inclusion(head, index, leaf, damaged));
      });
    }
  }
}

TEST_CASE("consistency proof: any two small trees have the RFC's proof, and it verifies") {
  const auto leaves = test::some_leaves(largest);
  for (std::size_t now = 1; now <= largest; ++now) {
    for (std::size_t before = 1; before <= now; ++before) {
      const auto proof = consistency_proof(before, now, nodes_from_leaves(leaves));
      REQUIRE(proof == subproof_by_definition(before, Leaves(leaves).first(now), true));
      REQUIRE(verify_consistency(head_of(leaves, before), head_of(leaves, now), proof));
    }
  }
}

TEST_CASE("consistency proof: another size or root, or a damaged proof is refused") {
  const auto leaves = test::some_leaves(largest);
  const Sha256Digest other = leaf_hash({});
  for (const std::size_t now : {2U, 3U, 7U, 8U, 13U}) {
    const TreeHead new_head = head_of(leaves, now);
    for (std::size_t before = 1; before < now; ++before) {
      const TreeHead old_head = head_of(leaves, before);
      const auto proof = consistency_proof(before, now, nodes_from_leaves(leaves));
      CHECK_FALSE(verify_consistency({before, other}, new_head, proof));
      CHECK_FALSE(verify_consistency(old_head, {now, other}, proof));
      CHECK_FALSE(verify_consistency(new_head, old_head, proof));
      CHECK_FALSE(verify_consistency(old_head, {now + 20, new_head.root}, proof));
      CHECK_FALSE(verify_consistency({now, old_head.root}, new_head, proof));
      for_each_damage(proof, [&](const MerkleProof& damaged) {
        CHECK_FALSE(verify_consistency(old_head, new_head, damaged));
      });
    }
  }
}

TEST_CASE("consistency proof: a log that rewrote one leaf cannot prove that it grew") {
  auto leaves = test::some_leaves(13);
  const TreeHead before = head_of(leaves, 7);
  leaves[3] = leaf_hash(as_bytes("forged"));
  const auto proof = consistency_proof(7, 13, nodes_from_leaves(leaves));
  CHECK_FALSE(verify_consistency(before, head_of(leaves, 13), proof));
}

TEST_CASE("consistency proof: equal sizes need equal roots and no proof, and nothing one root") {
  const auto leaves = test::some_leaves(5);
  const TreeHead head = head_of(leaves, 5);
  const TreeHead nothing = head_of(leaves, 0);
  CHECK(verify_consistency(head, head, {}));
  CHECK_FALSE(verify_consistency(head, head, leaves));
  CHECK_FALSE(verify_consistency(head, {5, nothing.root}, {}));
  CHECK(verify_consistency(nothing, nothing, {}));
  CHECK_FALSE(verify_consistency({0, head.root}, {0, head.root}, {}));
  CHECK_FALSE(verify_consistency(nothing, head, {}));
}

TEST_CASE("proofs: 63 hashes are read, 64 are refused") {
  const std::vector<Sha256Digest> siblings(64, leaf_hash({}));
  const Sha256Digest leaf = leaf_hash(as_bytes("first"));
  Sha256Digest root = leaf;
  for (std::size_t i = 0; i < 63; ++i) root = node_hash(root, siblings[i]);
  const std::uint64_t size = std::uint64_t{1} << 63U;
  const Leaves proof(siblings);
  CHECK(verify_inclusion({size, root}, 0, leaf, proof.first(63)));
  CHECK(verify_consistency({1, leaf}, {size, root}, proof.first(63)));

  // What would follow if nothing drew the line: the last leaf of the first half of a larger tree.
  root = node_hash(root, siblings[63]);
  CHECK_FALSE(verify_inclusion({size + 1, root}, 0, leaf, proof));
  CHECK_FALSE(verify_consistency({1, leaf}, {size + 1, root}, proof));
}

TEST_CASE("fork: two trees of which the larger begins otherwise are one, and no others") {
  const auto leaves = test::some_leaves(13);
  const TreeHead more = head_of(leaves, 13);
  const Sha256Digest root = merkle_root(Leaves(leaves).first(5));
  const auto proof = consistency_proof(5, 13, nodes_from_leaves(leaves));
  const Sha256Digest other = leaf_hash({});
  CHECK(proves_fork({5, other}, more, root, proof));
  CHECK_FALSE(proves_fork({5, root}, more, root, proof));
  CHECK_FALSE(proves_fork({5, other}, more, other, proof));
  CHECK_FALSE(proves_fork({6, other}, more, root, proof));
  for_each_damage(proof, [&](const MerkleProof& damaged) {
    CHECK_FALSE(proves_fork({5, other}, more, root, damaged));
  });
  // Of one size, and of none.
  CHECK(proves_fork({13, other}, more, more.root, {}));
  CHECK_FALSE(proves_fork({0, other}, more, merkle_root(Leaves()), {}));
}

TEST_CASE("merkle root: a grown tree still gives every root that it had") {
  const auto leaves = test::some_leaves(largest);
  for (std::size_t size = 0; size <= largest; ++size) {
    CHECK(merkle_root(size, nodes_from_leaves(leaves)) == merkle_root(Leaves(leaves).first(size)));
  }
}

}  // namespace muniment
