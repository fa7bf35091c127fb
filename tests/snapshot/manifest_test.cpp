#include "vault/snapshot/manifest.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/keyring/errors.hpp"
#include "tests/snapshot/entries.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/snapshot/format.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

namespace format = manifest_format;

// A record that encode_entry would refuse to make, with the fields in between left as they are.
Bytes record_with_path(std::string_view path) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u32(static_cast<std::uint32_t>(4 + path.size()));
  writer.u8(static_cast<std::uint8_t>(EntryKind::directory));
  writer.u8(0);
  writer.u16(static_cast<std::uint16_t>(path.size()));
  writer.raw(as_bytes(path));
  return bytes;
}

bool decodes(const Entry& entry) {
  return decode_entries(encode_all({&entry, 1})).has_value();
}

ManifestCutter cutter() {
  FixedRandom random(40);
  return ManifestCutter(ChunkerKey::generate(random));
}

std::vector<ManifestCutter::Piece> cut(std::span<const Entry> entries) {
  ManifestCutter cutter = ::cutter();
  std::vector<ManifestCutter::Piece> pieces;
  for (const Entry& entry : entries) {
    if (cutter.add(entry)) pieces.push_back(cutter.take());
  }
  if (!cutter.empty()) pieces.push_back(cutter.take());
  return pieces;
}

std::vector<Entry> numbered_files(int count) {
  std::vector<Entry> entries;
  for (int i = 0; i < count; ++i) {
    entries.push_back(file_entry(fmt::format("folder/file-{:06}", i), 100, 50));
  }
  return entries;
}

}  // namespace

TEST_CASE("manifest: every kind of record comes back as it was") {
  const std::vector<Entry> entries = example_entries();
  const Bytes bytes = encode_all(entries);
  CHECK(matches_golden("snapshot/records", bytes));
  const auto decoded = decode_entries(bytes);
  REQUIRE(decoded);
  CHECK(*decoded == entries);
}

TEST_CASE("manifest: the index comes back as it was") {
  const SnapshotIndex index = example_index();
  const Bytes bytes = encode_index(index);
  CHECK(matches_golden("snapshot/index", bytes));
  CHECK(decode_index(bytes) == index);
}

TEST_CASE("manifest: a list of chunks comes back as it was") {
  const std::vector<ChunkRef> chunks{chunk_ref(1, 1), chunk_ref(2, limits::chunk_bytes_max)};
  const Bytes bytes = encode_chunk_list(chunks);
  CHECK(matches_golden("snapshot/chunk-list", bytes));
  CHECK(decode_chunk_list(bytes) == chunks);
}

TEST_CASE("manifest: a truncated index or record is refused") {
  for_each_truncation(encode_index(example_index()),
                      [](ByteView prefix) { CHECK_FALSE(decode_index(prefix)); });
  const Entry entry = example_entries()[3];
  for_each_truncation(encode_all({&entry, 1}),
                      [](ByteView prefix) { CHECK_FALSE(decode_entries(prefix)); });
}

TEST_CASE("manifest: truncated records are refused unless whole ones are left") {
  const std::vector<Entry> entries = example_entries();
  for_each_truncation(encode_all(entries), [&](ByteView prefix) {
    const auto decoded = decode_entries(prefix);
    if (decoded) CHECK(equal(encode_all(*decoded), prefix));
  });
}

TEST_CASE("manifest: what decodes despite a turned bit is other bytes for another value") {
  for_each_bit_flip(encode_all(example_entries()), [](ByteView damaged, std::size_t bit) {
    const auto decoded = decode_entries(damaged);
    if (!decoded) return;
    CAPTURE(bit);
    CHECK(*decoded != example_entries());
    CHECK(equal(encode_all(*decoded), damaged));
  });
  for_each_bit_flip(encode_index(example_index()), [](ByteView damaged, std::size_t bit) {
    const auto decoded = decode_index(damaged);
    if (!decoded) return;
    CAPTURE(bit);
    CHECK(*decoded != example_index());
    CHECK(equal(encode_index(*decoded), damaged));
  });
}

TEST_CASE("manifest: bytes behind the end are refused") {
  Bytes records = encode_all(example_entries());
  records.push_back({});
  CHECK_FALSE(decode_entries(records));
  Bytes index = encode_index(example_index());
  index.push_back({});
  CHECK_FALSE(decode_index(index));
  CHECK_FALSE(decode_entries({}));
}

TEST_CASE("manifest: a path that could leave its folder is refused") {
  for (const std::string_view good : {"a", "a/b", "...", "a/.b", "..a/b..", "a\\..", " "}) {
    CAPTURE(good);
    CHECK(decode_entries(record_with_path(good)));
  }
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {""sv, "/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "../a"sv, "a/.."sv, "a/../b"sv,
        "./a"sv, "a/."sv, "a/./b"sv, "a\0b"sv, "\0"sv}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_entries(record_with_path(bad)));
  }
  CHECK(decode_entries(record_with_path(std::string(limits::path_bytes_max, 'x'))));
  CHECK_FALSE(decode_entries(record_with_path(std::string(limits::path_bytes_max + 1, 'x'))));
}

TEST_CASE("manifest: records out of path order, or twice, are refused") {
  CHECK(decode_entries(encode_all(std::array{file_entry("a"), file_entry("b")})));
  CHECK_FALSE(decode_entries(encode_all(std::array{file_entry("b"), file_entry("a")})));
  CHECK_FALSE(decode_entries(encode_all(std::array{file_entry("a"), file_entry("a")})));
  CHECK(decode_entries(encode_all(
      std::array{file_entry("a"), file_entry("a.b"), file_entry("a/x"), file_entry("a0")})));
  CHECK_FALSE(decode_entries(encode_all(std::array{file_entry("a/x"), file_entry("a.b")})));
}

TEST_CASE("manifest: a file has no chunk list, or one of two chunks or more that adds up") {
  Entry entry = file_entry("a", 10);
  CHECK(decodes(entry));
  entry.chunks = {chunk_ref(1, 10)};
  CHECK_FALSE(decodes(entry));
  entry.chunks = {chunk_ref(1, 4), chunk_ref(2, 6)};
  CHECK(decodes(entry));
  entry.chunks = {chunk_ref(1, 4), chunk_ref(2, 5)};
  CHECK_FALSE(decodes(entry));
  entry.chunks = {chunk_ref(1, 10), chunk_ref(2, 0)};
  CHECK_FALSE(decodes(entry));
  entry = file_entry("a", limits::chunk_bytes_max);
  CHECK(decodes(entry));
  entry.size += 1;
  CHECK_FALSE(decodes(entry));
  entry.chunks = {chunk_ref(1, limits::chunk_bytes_max + 1), chunk_ref(2, 1)};
  entry.size = limits::chunk_bytes_max + 2;
  CHECK_FALSE(decodes(entry));
}

TEST_CASE("manifest: the fields of a later version are kept, in ascending order of tags") {
  Entry entry = file_entry("a");
  entry.unknown = {{1, to_bytes("x")}, {2, Bytes(1000)}};
  const auto decoded = decode_entries(encode_all({&entry, 1}));
  REQUIRE(decoded);
  CHECK(decoded->front() == entry);
  entry.unknown = {{2, {}}, {1, {}}};
  CHECK_FALSE(decodes(entry));
  entry.unknown = {{2, {}}, {2, {}}};
  CHECK_FALSE(decodes(entry));
  entry.unknown = {{1, Bytes(format::unknown_fields_bytes_max - 6)}};
  CHECK(decodes(entry));
  entry.unknown = {{1, Bytes(format::unknown_fields_bytes_max - 5)}};
  CHECK_FALSE(decodes(entry));
}

TEST_CASE("manifest: a time has fewer nanoseconds than a second") {
  Entry entry = file_entry("a");
  entry.time = ModificationTime{-62'135'596'800, 999'999'999};
  CHECK(decodes(entry));
  entry.time->nanoseconds = 1'000'000'000;
  CHECK_FALSE(decodes(entry));
}

TEST_CASE("manifest: a link's target is neither empty, nor too long, nor with a NUL") {
  CHECK(decodes(link_entry("a", "b")));
  CHECK(decodes(link_entry("a", std::string(limits::path_bytes_max, 'x'))));
  CHECK_FALSE(decodes(link_entry("a", "")));
  CHECK_FALSE(decodes(link_entry("a", std::string(limits::path_bytes_max + 1, 'x'))));
  CHECK_FALSE(decodes(link_entry("a", std::string("b\0c", 3))));
}

TEST_CASE("manifest: lists of chunks are whole references with lengths") {
  CHECK_FALSE(decode_chunk_list({}));
  Bytes bytes = encode_chunk_list(std::array{chunk_ref(1, 5), chunk_ref(2, 6)});
  CHECK_FALSE(decode_chunk_list(ByteView(bytes).first(bytes.size() - 1)));
  bytes.push_back({});
  CHECK_FALSE(decode_chunk_list(bytes));
  CHECK_FALSE(decode_chunk_list(Bytes(format::chunk_ref_bytes)));
  const std::vector<ChunkRef> most(format::listed_chunks_max, chunk_ref(1, 1));
  bytes = encode_chunk_list(most);
  CHECK(decode_chunk_list(bytes));
  append(bytes, encode_chunk_list(std::array{chunk_ref(1, 1)}));
  CHECK_FALSE(decode_chunk_list(bytes));
}

TEST_CASE("manifest: an index of pieces out of order, or of another version, is refused") {
  SnapshotIndex index = example_index();
  std::swap(index.manifest[0], index.manifest[1]);
  CHECK_FALSE(decode_index(encode_index(index)));
  index.manifest[1] = index.manifest[0];
  CHECK_FALSE(decode_index(encode_index(index)));
  index.manifest.clear();
  CHECK(decode_index(encode_index(index)) == index);
  Bytes bytes = encode_index(index);
  bytes[0] = std::byte{2};
  CHECK_FALSE(decode_index(bytes));
}

TEST_CASE("manifest: what is said about a snapshot is UTF-8 with names") {
  const std::string longest(65'535, 'x');
  CHECK(is_valid({}));
  CHECK(is_valid({{"key", ""}, {longest, longest}}));
  CHECK_FALSE(is_valid({{"", "value"}}));
  CHECK_FALSE(is_valid({{"key", "\xff"}}));
  CHECK_FALSE(is_valid({{"\xff", "value"}}));
  CHECK_FALSE(is_valid({{"key", longest + "x"}}));
  CHECK_FALSE(is_valid({{longest + "x", ""}}));

  // "note" is the only word of four letters in the example.
  Bytes bytes = encode_index(example_index());
  const auto at = std::ranges::search(bytes, to_bytes("note")).begin();
  REQUIRE(at != bytes.end());
  *at = std::byte{0xff};
  CHECK_FALSE(decode_index(bytes));
}

TEST_CASE("manifest: an index larger than a chunk is refused when it is made") {
  SnapshotIndex index = example_index();
  index.manifest.clear();
  for (int i = 0; i < 1100; ++i) {
    index.manifest.push_back({chunk_ref(1, 1), fmt::format("{:06}", i) + std::string(4000, 'x')});
  }
  CHECK(error_code([&] { (void)encode_index(index); }) == ErrorCode::limit);
}

TEST_CASE("manifest: pieces are of bounded size and together are all records") {
  const std::vector<Entry> entries = numbered_files(60'000);
  Bytes joined;
  const std::vector<ManifestCutter::Piece> pieces = cut(entries);
  CHECK(pieces.size() > 4);
  for (const ManifestCutter::Piece& piece : pieces) {
    const bool last = &piece == &pieces.back();
    CHECK((last || piece.records.size() >= format::piece_bytes_min));
    CHECK(piece.records.size() < format::piece_bytes_max + 300 * limits::kib);
    const auto decoded = decode_entries(piece.records);
    REQUIRE(decoded);
    CHECK(decoded->front().path == piece.first_path);
    append(joined, piece.records);
  }
  CHECK(joined == encode_all(entries));
}

TEST_CASE("manifest: a changed record changes only the piece that it stands in") {
  std::vector<Entry> entries = numbered_files(60'000);
  const std::vector<ManifestCutter::Piece> before = cut(entries);
  entries[30'000].sha256 = fixed<Sha256Digest>(51);
  const std::vector<ManifestCutter::Piece> after = cut(entries);
  REQUIRE(after.size() == before.size());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].records != after[i].records) ++changed;
    CHECK(before[i].first_path == after[i].first_path);
  }
  CHECK(changed == 1);
}

TEST_CASE("manifest: an added record leaves all but a few pieces as they were") {
  std::vector<Entry> entries = numbered_files(60'000);
  const std::vector<ManifestCutter::Piece> before = cut(entries);
  entries.insert(entries.begin() + 30'001, file_entry("folder/file-030000-more", 100, 52));
  std::size_t kept = 0;
  for (const ManifestCutter::Piece& piece : cut(entries)) {
    kept += static_cast<std::size_t>(
        std::ranges::count(before, piece.records, &ManifestCutter::Piece::records));
  }
  CHECK(kept + 3 >= before.size());
}

TEST_CASE("manifest: a piece of the longest records is cut before it outgrows a chunk") {
  std::vector<Entry> entries;
  for (int i = 0; i < 40; ++i) {
    Entry entry = file_entry(fmt::format("{:04}", i) + std::string(4000, 'x'));
    entry.chunks.assign(format::inline_chunks_max, chunk_ref(1, 1));
    entry.size = format::inline_chunks_max;
    entry.unknown = {{1, Bytes(format::unknown_fields_bytes_max - 6)}};
    entries.push_back(std::move(entry));
  }
  for (const ManifestCutter::Piece& piece : cut(entries)) {
    CHECK(piece.records.size() <= limits::chunk_bytes_max);
    CHECK(decode_entries(piece.records));
  }
}
