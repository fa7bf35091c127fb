// Trees to try things on.
#pragma once

#include <string>
#include <vector>

#include "vault/merkle/tree.hpp"

namespace muniment::test {

// The hashes of `count` leaves, all different; leaf i says "leaf i".
inline std::vector<Sha256Digest> some_leaves(std::size_t count) {
  std::vector<Sha256Digest> leaves;
  leaves.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back(leaf_hash(as_bytes("leaf " + std::to_string(i))));
  }
  return leaves;
}

}  // namespace muniment::test
