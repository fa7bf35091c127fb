#include "vault/snapshot/disclosure.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/snapshot/entries.hpp"
#include "tests/support/memory_file_system.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

SeedKey counting_key() {
  Bytes bytes(32);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  return *SeedKey::from_bytes(bytes);
}

SnapshotNonce nonce(unsigned char value) {
  return *SnapshotNonce::from_bytes(Bytes(32, std::byte{value}));
}

// The file of tests/snapshot/disclosure_values.py.
Entry known_file() {
  Entry entry;
  entry.path = "folder/na\xc3\xafve \xff.txt";
  entry.size = 5;
  entry.sha256 = sha256(as_bytes("hello"));
  entry.time = ModificationTime{-5, 42};
  return entry;
}

std::vector<ContentLeaf> leaves(std::size_t count) {
  FixedRandom random(60);
  std::vector<ContentLeaf> leaves;
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back({random.fixed<Sha256Digest>(), random.fixed<Sha256Digest>()});
  }
  return leaves;
}

TreeHead head_of(FileSystem& files, std::span<const ContentLeaf> leaves, std::size_t in_memory) {
  ContentTree tree(files, "/", in_memory);
  for (const ContentLeaf& leaf : leaves) tree.add(leaf);
  return tree.finish();
}

}  // namespace

TEST_CASE("disclosure: digests are those of an independent implementation") {
  // Printed by tests/snapshot/disclosure_values.py, which follows FORMAT.md with Python's hashlib.
  const auto fields = disclosure_fields(counting_key(), nonce(0x5a), known_file());
  REQUIRE(fields.size() == 4);
  CHECK(fields[0].digest.hex() ==
        "2f14d1ed39ce4af1ccf7c01bd35b215c1e89aefda506d481fd61e55ebd88f042");
  CHECK(fields[1].digest.hex() ==
        "e1ae572a4e8e96fd8ba13fc5d8c99c3ade2bd552f46a62136498420b23357bbe");
  CHECK(fields[2].digest.hex() ==
        "1e9e6b837548183610fa8491f1f7b309011a2af4a0828bef031406b4ebfb7c2e");
  CHECK(fields[3].digest.hex() ==
        "33f6bea441a784c28e85a13f570818229040de5a9b0aa4bc3debabfe4cce4baf");
  const ContentLeaf leaf = content_leaf(counting_key(), nonce(0x5a), known_file());
  CHECK(leaf.content == fields[0].digest);
  CHECK(leaf.leaf.hex() == "b417334246ee11ee5d1fa079afb8708ef2d37dece2dfc3aa7499352fdaea7f17");

  Entry other = known_file();
  other.time.reset();
  other.parts = sha256(as_bytes("parts"));
  CHECK(content_leaf(counting_key(), nonce(0x5a), other).leaf.hex() ==
        "77f838912b71e09c199255ac68887e6743726c5c3c5cf13cc397c2f5a1da89a0");
}

TEST_CASE("disclosure: a field says what it reveals") {
  Entry entry = known_file();
  entry.parts = sha256(as_bytes("parts"));
  const auto fields = disclosure_fields(counting_key(), nonce(1), entry);
  REQUIRE(fields.size() == 4);
  CHECK(fields[0].value == "sha256 " + entry.sha256.hex() + "\nsize 5\n");
  CHECK(fields[1].value == entry.path);
  CHECK(fields[2].value == "-5.000000042\n");
  CHECK(fields[3].value == entry.parts->hex() + "\n");
}

TEST_CASE("disclosure: the leaf's text holds nothing but the four digests in their order") {
  const auto fields = disclosure_fields(counting_key(), nonce(1), known_file());
  CHECK(disclosure_leaf(fields) ==
        "muniment/leaf/v1\ncontent " + fields[0].digest.hex() + "\nname " + fields[1].digest.hex() +
            "\ntime " + fields[2].digest.hex() + "\nparts " + fields[3].digest.hex() + "\n");
}

TEST_CASE("disclosure: what is not recorded has an empty value and a digest all the same") {
  Entry entry = known_file();
  entry.time.reset();
  const auto fields = disclosure_fields(counting_key(), nonce(1), entry);
  CHECK(fields[2].value.empty());
  CHECK(fields[3].value.empty());
  CHECK_FALSE(fields[2].digest.is_zero());
  CHECK(fields[2].digest != fields[3].digest);
}

TEST_CASE("disclosure: key, nonce, path and content each change every salt") {
  const Entry entry = known_file();
  const auto fields = disclosure_fields(counting_key(), nonce(1), entry);
  FixedRandom random(61);
  const SeedKey other_key = SeedKey::generate(random);
  Entry renamed = entry;
  renamed.path += "x";
  Entry edited = entry;
  edited.sha256 = sha256(as_bytes("hellp"));
  const std::vector<std::vector<DisclosureField>> others{
      disclosure_fields(other_key, nonce(1), entry),
      disclosure_fields(counting_key(), nonce(2), entry),
      disclosure_fields(counting_key(), nonce(1), renamed),
      disclosure_fields(counting_key(), nonce(1), edited)};
  for (const auto& other : others) {
    for (std::size_t i = 0; i < 4; ++i) CHECK(other[i].salt != fields[i].salt);
  }
  for (std::size_t i = 1; i < 4; ++i) CHECK(fields[i].salt != fields[0].salt);
}

TEST_CASE("disclosure: the tree stands in the order of content digests") {
  MemoryFileSystem files;
  std::vector<ContentLeaf> some = leaves(37);
  const TreeHead head = head_of(files, some, 1000);
  std::ranges::sort(some);
  std::vector<Sha256Digest> sorted;
  for (const ContentLeaf& leaf : some) sorted.push_back(leaf.leaf);
  CHECK(head.size == 37);
  CHECK(head.root == merkle_root(sorted));
}

TEST_CASE("disclosure: the root does not depend on the order in which files came") {
  MemoryFileSystem files;
  std::vector<ContentLeaf> some = leaves(100);
  const TreeHead head = head_of(files, some, 1000);
  std::ranges::reverse(some);
  CHECK(head_of(files, some, 1000) == head);
  std::ranges::rotate(some, some.begin() + 41);
  CHECK(head_of(files, some, 1000) == head);
}

TEST_CASE("disclosure: a tree that went through files has the same root") {
  MemoryFileSystem files;
  const std::vector<ContentLeaf> some = leaves(10'000);
  const TreeHead head = head_of(files, some, 100'000);
  for (const std::size_t in_memory : {1000, 999, 9'999, 10'000, 4096, 5000}) {
    CAPTURE(in_memory);
    CHECK(head_of(files, some, in_memory) == head);
    CHECK(files.list("/").empty());
  }
}

TEST_CASE(
    "disclosure: a leaf's proof leads to the root, whether the tree went through files or not") {
  MemoryFileSystem files;
  const std::vector<ContentLeaf> some = leaves(1'000);
  const TreeHead head = head_of(files, some, 100'000);
  for (const std::size_t in_memory : {100'000, 300}) {
    std::set<std::uint64_t> places;
    for (std::size_t i = 0; i < some.size(); i += 37) {
      ContentTree tree(files, "/", in_memory);
      for (const ContentLeaf& leaf : some) tree.add(leaf);
      const ContentInclusion proof = tree.prove(some[i]);
      CHECK(proof.head == head);
      CHECK(verify_inclusion(head, proof.index, some[i].leaf, proof.hashes));
      places.insert(proof.index);
    }
    CHECK(places.size() == 28);
    CHECK(files.list("/").empty());
  }
}

TEST_CASE("disclosure: equal content in several places is as many leaves") {
  MemoryFileSystem files;
  std::vector<ContentLeaf> some = leaves(3);
  for (ContentLeaf& leaf : some) leaf.content = some[0].content;
  CHECK(head_of(files, some, 2).size == 3);
  CHECK(head_of(files, some, 2) == head_of(files, some, 10));
}

TEST_CASE("disclosure: files that a crash left do not stand in the way of the next tree") {
  MemoryFileSystem files;
  const std::vector<ContentLeaf> some = leaves(10);
  for (const char* left : {"/content-tree-0", "/content-tree-3"}) {
    files.create(left)->write_at(0, Bytes(1000));
  }
  CHECK(head_of(files, some, 3) == head_of(files, some, 100));
}

TEST_CASE("disclosure: no files give the root of nothing") {
  MemoryFileSystem files;
  CHECK(head_of(files, {}, 10) == TreeHead{0, sha256({})});
}
