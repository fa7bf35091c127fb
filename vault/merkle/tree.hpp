// The Merkle tree of RFC 9162 §2.1 with SHA-256: an order of leaves, fixed by one hash.
// Everything here is pure and thread-safe, but for a Frontier that is being changed.
#pragma once

#include <optional>
#include <vector>

#include "vault/base/ids.hpp"

namespace muniment {

// What a checkpoint says of a tree.
struct TreeHead {
  std::uint64_t size = 0;
  Sha256Digest root;

  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// SHA-256(00 || data).
[[nodiscard]] Sha256Digest leaf_hash(ByteView data);

// SHA-256(01 || left || right).
[[nodiscard]] Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right);

// The root over these leaf hashes. Of none: SHA-256 of nothing.
[[nodiscard]] Sha256Digest merkle_root(std::span<const Sha256Digest> leaves);

// A tree that only grows and keeps no more than its right edge: at most 64 hashes, whatever its
// size.
class Frontier {
 public:
  Frontier() = default;
  // One that goes on from `edge`, the edge() of a tree of `size` leaves. Empty if there are more or
  // fewer hashes than such a tree has.
  [[nodiscard]] static std::optional<Frontier> from_edge(std::uint64_t size,
                                                         std::vector<Sha256Digest> edge);

  void append(const Sha256Digest& leaf);
  void append(std::span<const Sha256Digest> leaves);

  [[nodiscard]] std::uint64_t size() const noexcept { return x_size; }
  [[nodiscard]] Sha256Digest root() const;
  [[nodiscard]] TreeHead head() const { return {x_size, root()}; }
  // Roots of complete subtrees, largest first; one for each bit set in size().
  [[nodiscard]] const std::vector<Sha256Digest>& edge() const noexcept { return x_edge; }

 private:
  std::uint64_t x_size = 0;
  std::vector<Sha256Digest> x_edge;
};

}  // namespace muniment
