// Two sizes, a leaf and a root, then the hashes of a proof, made up and so never right; and the
// right ones for trees of about these sizes, of which the input turns a bit.
#include "vault/merkle/proof.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"

using namespace muniment;

namespace {

constexpr std::size_t largest = 100;

const std::vector<Sha256Digest>& leaves() {
  static const auto made = [] {
    std::vector<Sha256Digest> hashes(largest);
    for (std::size_t i = 0; i < largest; ++i) hashes[i].mutable_view()[0] = std::byte(i);
    return hashes;
  }();
  return made;
}

const TreeHead& head_of(std::uint64_t size) {
  static const auto made = [] {
    std::vector<TreeHead> heads(largest + 1);
    for (std::uint64_t i = 1; i <= largest; ++i) {
      heads[i] = {i, merkle_root(i, nodes_from_leaves(leaves()))};
    }
    return heads;
  }();
  return made[size];
}

// False if there is no bit to turn.
bool turn_bit(MerkleProof& proof, std::uint64_t which) {
  if (proof.empty()) return false;
  Sha256Digest& hash = proof[which % proof.size()];
  hash.mutable_view()[which / 8 % Sha256Digest::size] ^= static_cast<std::byte>(1U << which % 8);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(std::as_bytes(std::span(data, size)));
  const std::uint64_t first = reader.u64();
  const std::uint64_t second = reader.u64();
  const auto leaf = reader.fixed<Sha256Digest>();
  const auto root = reader.fixed<Sha256Digest>();
  MerkleProof made_up;
  while (reader.remaining() != 0) made_up.push_back(reader.fixed<Sha256Digest>());
  VAULT_ASSERT(!verify_inclusion({second, root}, first, leaf, made_up) ||
               (second == 1 && leaf == root));
  VAULT_ASSERT(!verify_consistency({first, leaf}, {second, root}, made_up) ||
               (first == second && leaf == root));

  const std::uint64_t now = second % largest + 1;
  const std::uint64_t index = first % now;
  MerkleProof proof = inclusion_proof(index, now, nodes_from_leaves(leaves()));
  VAULT_ASSERT(verify_inclusion(head_of(now), index, leaves()[index], proof));
  if (turn_bit(proof, second)) {
    VAULT_ASSERT(!verify_inclusion(head_of(now), index, leaves()[index], proof));
  }
  proof = consistency_proof(index + 1, now, nodes_from_leaves(leaves()));
  VAULT_ASSERT(verify_consistency(head_of(index + 1), head_of(now), proof));
  if (turn_bit(proof, second)) {
    VAULT_ASSERT(!verify_consistency(head_of(index + 1), head_of(now), proof));
  }
  return 0;
}
