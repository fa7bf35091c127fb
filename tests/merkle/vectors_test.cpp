// The proofs of transparency-dev/merkle, good and bad.
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "vault/crypto/base64.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/merkle/proof.hpp"

namespace muniment {

namespace {

using Json = nlohmann::json;

// Some cases have values that are no hashes, because of their length. A Sha256Digest cannot be of
// another length, so the hash of such a value and of what it is meant to be stands for it.
Sha256Digest digest(const Json& value, std::string_view role) {
  const auto bytes = from_base64(value.get<std::string>());
  REQUIRE(bytes);
  return Sha256Digest::from_bytes(*bytes).value_or(sha256(as_bytes(role), *bytes));
}

TreeHead head_of(const Json& size, const Json& root) {
  return {size.get<std::uint64_t>(), digest(root, "root")};
}

MerkleProof proof_of(const Json& test) {
  MerkleProof proof;
  for (const Json& hash : test.at("proof")) proof.push_back(digest(hash, "node"));
  return proof;
}

template <class Verify>
void check_all(const std::string& kind, Verify&& accepted) {
  const auto folder = test::find_vectors("merkle/" + kind);
  if (!folder) return;
  std::size_t cases = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(*folder)) {
    if (file.path().extension() != ".json") continue;
    const Json test = Json::parse(test::read_text(file.path()));
    CAPTURE(file.path().string());
    CHECK(accepted(test) != test.at("wantErr").get<bool>());
    ++cases;
  }
  CHECK(cases == 98);
}

}  // namespace

TEST_CASE("inclusion proof: all cases of transparency-dev/merkle end as they must") {
  check_all("inclusion", [](const Json& test) {
    return verify_inclusion(head_of(test.at("treeSize"), test.at("root")),
                            test.at("leafIdx").get<std::uint64_t>(),
                            digest(test.at("leafHash"), "leaf"), proof_of(test));
  });
}

TEST_CASE("consistency proof: all cases of transparency-dev/merkle end as they must") {
  check_all("consistency", [](const Json& test) {
    return verify_consistency(head_of(test.at("size1"), test.at("root1")),
                              head_of(test.at("size2"), test.at("root2")), proof_of(test));
  });
}

}  // namespace muniment
