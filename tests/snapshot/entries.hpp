// Entries for tests: always the same ones.
#pragma once

#include <string>

#include "tests/support/fixed.hpp"
#include "vault/snapshot/manifest.hpp"

namespace muniment::test {

template <class Fixed>
Fixed fixed(std::uint64_t seed) {
  return FixedRandom(seed).fixed<Fixed>();
}

inline ChunkRef chunk_ref(std::uint64_t seed, std::uint32_t length) {
  return {fixed<ChunkId>(seed), length};
}

inline Entry file_entry(std::string path, std::uint64_t size = 12, std::uint64_t seed = 1) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = size;
  entry.sha256 = fixed<Sha256Digest>(seed);
  entry.time = ModificationTime{1'600'000'000, 123'456'789};
  return entry;
}

inline Entry directory_entry(std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::directory;
  entry.time = ModificationTime{-1, 999'999'999};
  return entry;
}

inline Entry link_entry(std::string path, std::string target) {
  Entry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::symlink;
  entry.link_target = std::move(target);
  return entry;
}

// One of everything that a record can hold, in path order.
inline std::vector<Entry> example_entries() {
  Entry large = file_entry("folder/large", 3'000'000, 2);
  large.chunks = {chunk_ref(10, 1'000'000), chunk_ref(11, 2'000'000)};
  large.parts = fixed<Sha256Digest>(3);
  large.executable = true;
  Entry huge = file_entry("folder/huge", 5'000'000'000, 4);
  huge.chunk_lists = {chunk_ref(12, 2'359'296), chunk_ref(13, 36)};
  huge.time.reset();
  Entry later = file_entry("from a later version", 0, 5);
  later.unknown = {{7, to_bytes("seven")}, {900, {}}};
  return {directory_entry("folder"),    huge, large, later, link_entry("link", "/etc/../passwd"),
          file_entry("\xff\n not text")};
}

inline Bytes encode_all(std::span<const Entry> entries) {
  Bytes bytes;
  for (const Entry& entry : entries) encode_entry(entry, bytes);
  return bytes;
}

inline SnapshotIndex example_index() {
  SnapshotIndex index;
  index.nonce = fixed<SnapshotNonce>(20);
  index.previous = fixed<Sha256Digest>(21);
  index.charter = 3;
  index.epoch = fixed<EpochCommitment>(22);
  index.content_root = fixed<Sha256Digest>(23);
  index.files = 4;
  index.directories = 1;
  index.links = 1;
  index.bytes = 5'003'000'012;
  index.created = 1'700'000'000;
  index.about = {{"collector", "A. N."}, {"note", ""}, {"source", "Quell\xc3\xa9"}};
  index.manifest = {{chunk_ref(30, 300'000), "a"}, {chunk_ref(31, 77), "b/c"}};
  return index;
}

}  // namespace muniment::test
