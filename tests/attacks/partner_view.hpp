// A partner who vouched for a log as it was, and is asked to vouch for what it is now.
#pragma once

#include <vector>

#include "tests/attacks/attack.hpp"
#include "vault/merkle/proof.hpp"

namespace muniment::test {

// The leaves of a log, of whichever kind.
using Leaves = std::vector<Sha256Digest>;

[[nodiscard]] inline TreeHead head_of(const Leaves& leaves) {
  return {leaves.size(), merkle_root(leaves)};
}

// What the partner answers who signed `before`.
[[nodiscard]] inline std::string answer_to(const TreeHead& before, const Leaves& now) {
  if (now.size() < before.size) return seen::rollback;
  const MerkleProof proof = consistency_proof(before.size, now.size(), nodes_from_leaves(now));
  return verify_consistency(before, head_of(now), proof) ? "" : seen::fork;
}

}  // namespace muniment::test
