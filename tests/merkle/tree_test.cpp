#include "vault/merkle/tree.hpp"

#include <doctest/doctest.h>

#include "tests/merkle/leaves.hpp"

namespace muniment {

namespace {

// The definition of RFC 9162 §2.1.1, word for word.
Sha256Digest root_by_definition(std::span<const Sha256Digest> leaves) {
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return node_hash(root_by_definition(leaves.first(k)), root_by_definition(leaves.subspan(k)));
}

}  // namespace

TEST_CASE("merkle: the trees of Certificate Transparency's reference log have its roots") {
  const std::vector<Bytes> entries = {
      {},
      to_bytes(std::string_view("\x00", 1)),
      to_bytes("\x10"),
      to_bytes("\x20\x21"),
      to_bytes("\x30\x31"),
      to_bytes("\x40\x41\x42\x43"),
      to_bytes("\x50\x51\x52\x53\x54\x55\x56\x57"),
      to_bytes("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
  };
  const std::vector<std::string_view> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  };
  Frontier frontier;
  std::vector<Sha256Digest> leaves;
  for (std::size_t size = 0; size <= entries.size(); ++size) {
    CHECK(frontier.root().hex() == roots[size]);
    CHECK(merkle_root(leaves).hex() == roots[size]);
    CHECK(frontier.head() == TreeHead{size, frontier.root()});
    if (size == entries.size()) break;
    leaves.push_back(leaf_hash(entries[size]));
    frontier.append(leaves.back());
  }
}

TEST_CASE("frontier: at every size its root is the one that the definition gives") {
  const auto leaves = test::some_leaves(300);
  Frontier frontier;
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    frontier.append(leaves[size - 1]);
    CHECK(frontier.root() == root_by_definition(std::span(leaves).first(size)));
  }
}

TEST_CASE("frontier: appending many leaves is appending each") {
  const auto leaves = test::some_leaves(77);
  Frontier one_by_one;
  for (const Sha256Digest& leaf : leaves) one_by_one.append(leaf);
  Frontier in_runs;
  in_runs.append(std::span(leaves).first(30));
  in_runs.append(std::span<const Sha256Digest>());
  in_runs.append(std::span(leaves).subspan(30));
  CHECK(in_runs.head() == one_by_one.head());
}

TEST_CASE("merkle: a leaf and a node of the same bytes have different hashes") {
  const auto leaves = test::some_leaves(2);
  Bytes both(leaves[0].view().begin(), leaves[0].view().end());
  append(both, leaves[1].view());
  CHECK(leaf_hash(both) != node_hash(leaves[0], leaves[1]));
}

TEST_CASE("frontier: goes on from its edge, and from nothing that is no edge") {
  const auto leaves = test::some_leaves(300);
  Frontier frontier;
  for (std::size_t size = 0; size < leaves.size(); ++size) {
    auto again = Frontier::from_edge(frontier.size(), frontier.edge());
    REQUIRE(again);
    frontier.append(leaves[size]);
    again->append(leaves[size]);
    CHECK(again->head() == frontier.head());
  }
  CHECK_FALSE(Frontier::from_edge(1, {}));
  CHECK_FALSE(Frontier::from_edge(2, {leaves[0], leaves[1]}));
}

}  // namespace muniment
