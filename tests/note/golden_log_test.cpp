// transparency-dev/tessera's golden log, made again from its entries and its key: what we call a
// log, others call the same.
#include <doctest/doctest.h>

#include "tests/support/vectors.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/merkle/tile.hpp"
#include "vault/note/checkpoint.hpp"

namespace muniment {

namespace {

constexpr std::array<std::string_view, 15> words = {
    "one",  "two", "three",  "four",  "five",     "six",     "seven",  "eit",
    "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten",
};
constexpr std::string_view signer_key =
    "PRIVATE+KEY+example.com/log/testdata+33d7b496+"
    "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
constexpr std::string_view verifier_key =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

SigningKey<LogPurpose> signing_key() {
  const auto material = from_base64(signer_key.substr(signer_key.find("+Aeym") + 1));
  REQUIRE(material);
  const auto key = SigningKey<LogPurpose>::from_bytes(ByteView(*material).subspan(1));
  REQUIRE(key);
  return key->clone();
}

}  // namespace

TEST_CASE("golden log: every checkpoint, tile and bundle of tessera's log, byte for byte") {
  const auto folder = test::find_vectors("tessera-log");
  if (!folder) return;
  const auto key = signing_key();
  const auto log = decode_vkey<LogPurpose>(verifier_key);
  REQUIRE(log);
  std::vector<Bytes> entries;
  std::vector<Sha256Digest> leaves;
  for (unsigned size = 0; size <= words.size(); ++size) {
    CAPTURE(size);
    const Checkpoint checkpoint{log->name, size, merkle_root(leaves)};
    const SignedNote note = sign_checkpoint(checkpoint, log->name, key);
    const std::string golden = test::read_text(*folder / ("checkpoint." + std::to_string(size)));
    CHECK(encode(note) == golden);
    const auto decoded = decode_signed_note(golden);
    REQUIRE(decoded);
    CHECK(open_checkpoint(*decoded, *log) == checkpoint);
    if (size > 0) {
      CHECK(tiles_added(0, size) == std::vector<TileId>{{0, 0, size}});
      CHECK(as_text(encode_tile(leaves)) ==
            test::read_text(*folder / encode_path(TileId{0, 0, size})));
      CHECK(as_text(encode_bundle(entries)) ==
            test::read_text(*folder / encode_path(BundleId{0, size})));
    }
    if (size == words.size()) break;
    entries.push_back(to_bytes(words[size]));
    leaves.push_back(leaf_hash(entries.back()));
  }
  CHECK(test::read_text(*folder / "checkpoint") == test::read_text(*folder / "checkpoint.15"));
}

}  // namespace muniment
