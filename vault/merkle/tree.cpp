#include "vault/merkle/tree.hpp"

#include <bit>
#include <utility>

#include "vault/crypto/hash.hpp"

namespace muniment {

Sha256Digest leaf_hash(ByteView data) {
  static constexpr std::array prefix{std::byte{0}};
  return sha256(prefix, data);
}

Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right) {
  std::array<std::byte, 1 + 2 * Sha256Digest::size> node{std::byte{1}};
  std::ranges::copy(left.view(), node.begin() + 1);
  std::ranges::copy(right.view(), node.begin() + 1 + Sha256Digest::size);
  return sha256(node);
}

Sha256Digest merkle_root(std::span<const Sha256Digest> leaves) {
  Frontier frontier;
  frontier.append(leaves);
  return frontier.root();
}

std::optional<Frontier> Frontier::from_edge(std::uint64_t size, std::vector<Sha256Digest> edge) {
  if (edge.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  Frontier frontier;
  frontier.x_size = size;
  frontier.x_edge = std::move(edge);
  return frontier;
}

void Frontier::append(const Sha256Digest& leaf) {
  Sha256Digest hash = leaf;
  // As with carries in binary addition: every complete subtree at the edge pairs up with one of its
  // own size.
  for (int carries = std::countr_one(x_size); carries > 0; --carries) {
    hash = node_hash(x_edge.back(), hash);
    x_edge.pop_back();
  }
  x_edge.push_back(hash);
  ++x_size;
}

void Frontier::append(std::span<const Sha256Digest> leaves) {
  for (const Sha256Digest& leaf : leaves) append(leaf);
}

Sha256Digest Frontier::root() const {
  if (x_edge.empty()) return sha256({});
  Sha256Digest hash = x_edge.back();
  for (std::size_t i = x_edge.size() - 1; i-- > 0;) hash = node_hash(x_edge[i], hash);
  return hash;
}

}  // namespace muniment
