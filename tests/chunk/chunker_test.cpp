#include "vault/chunk/chunker.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/cursor.hpp"
#include "vault/chunk/format.hpp"

using namespace muniment;
using chunk_format::loose_from;
using chunk_format::loose_mask;
using chunk_format::strict_mask;
using chunk_format::window_bytes;
using limits::chunk_bytes_average;
using limits::chunk_bytes_max;
using limits::chunk_bytes_min;
using limits::mib;

namespace {

ChunkerKey key_from(unsigned first) {
  Bytes bytes;
  for (unsigned i = 0; i < 32; ++i) bytes.push_back(static_cast<std::byte>(first + i));
  return ChunkerKey::from_bytes(bytes).value();
}

const GearTable& table() {
  static const GearTable result = derive_gear_table(key_from(0));
  return result;
}

// Where chunks end; the last is the size of `data`.
std::vector<std::size_t> cuts_of(const GearTable& gear, ByteView data) {
  std::vector<std::size_t> cuts;
  std::size_t position = 0;
  while (position < data.size()) {
    position += find_cut(gear, data.subspan(position));
    cuts.push_back(position);
  }
  return cuts;
}

// The stream of FORMAT.md §3.
Bytes golden_stream() {
  Bytes stream;
  stream.reserve(16 * mib);
  for (std::uint32_t i = 0; stream.size() < 16 * mib; ++i) {
    Bytes number;
    ByteWriter(number).u32(i);
    append(stream, sha256(number).view());
  }
  return stream;
}

// The hash of the 64 bytes before `length` by its definition, not rolled.
std::uint64_t hash_at(const GearTable& gear, ByteView data, std::size_t length) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < window_bytes; ++i) {
    const auto byte = std::to_integer<std::size_t>(data[length - window_bytes + i]);
    hash += gear[byte] << (63 - i);
  }
  return hash;
}

// 64 random bytes at whose end the hash has zeros in `zeros` but not in all of `ones`.
Bytes window_with(std::uint64_t zeros, std::uint64_t ones) {
  const Bytes data = test::FixedRandom(11).bytes(4 * mib);
  std::uint64_t hash = 0;
  for (std::size_t length = 1; length <= data.size(); ++length) {
    hash = (hash << 1U) + table()[std::to_integer<std::size_t>(data[length - 1])];
    if (length < window_bytes || (hash & zeros) != 0) continue;
    if (ones != 0 && (hash & ones) == 0) continue;
    const ByteView window = ByteView(data).subspan(length - window_bytes, window_bytes);
    return {window.begin(), window.end()};
  }
  FAIL("no such window");
  return {};
}

// Zeros, at which the table of these tests never cuts, but for `window`, which ends at `end`.
Bytes quiet_but_for(const Bytes& window, std::size_t end) {
  Bytes data(chunk_bytes_max + 1);
  std::ranges::copy(window, data.begin() + static_cast<std::ptrdiff_t>(end - window.size()));
  return data;
}

}  // namespace

TEST_CASE("chunker: the golden stream is cut where it always was") {
  const Bytes stream = golden_stream();
  std::string text;
  for (const unsigned first : {0U, 32U}) {
    const ChunkerKey key = key_from(first);
    const GearTable gear = derive_gear_table(key);
    Bytes words;
    for (const std::uint64_t word : gear) ByteWriter(words).u64(word);
    text += "key " + to_hex(key.view()) + "\ntable " + sha256(words).hex() + "\n";
    for (const std::size_t cut : cuts_of(gear, stream)) text += "cut " + std::to_string(cut) + "\n";
  }
  CHECK(test::matches_golden("chunk/cuts.txt", as_bytes(text)));
}

TEST_CASE("chunker: what is not longer than the minimum is one chunk") {
  const Bytes data = test::FixedRandom(1).bytes(chunk_bytes_min);
  CHECK(find_cut(table(), {}) == 0);
  CHECK(find_cut(table(), ByteView(data).first(1)) == 1);
  CHECK(find_cut(table(), ByteView(data).first(chunk_bytes_min - 1)) == chunk_bytes_min - 1);
  CHECK(find_cut(table(), data) == chunk_bytes_min);
}

TEST_CASE("chunker: chunks keep to their bounds and are about as long as wanted") {
  const Bytes data = test::FixedRandom(2).bytes(64 * mib);
  const auto cuts = cuts_of(table(), data);
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    if (cut != data.size()) CHECK(cut - begin >= chunk_bytes_min);
    CHECK(cut - begin <= chunk_bytes_max);
    begin = cut;
  }
  const std::size_t average = data.size() / cuts.size();
  CHECK(average > chunk_bytes_average * 85 / 100);
  CHECK(average < chunk_bytes_average * 115 / 100);
}

TEST_CASE("chunker: a run of one byte makes chunks of the maximum") {
  const Bytes data(2 * chunk_bytes_max + 100);
  CHECK(cuts_of(table(), data) ==
        std::vector{chunk_bytes_max, 2 * chunk_bytes_max, 2 * chunk_bytes_max + 100});
}

TEST_CASE("chunker: bytes past the maximum have no say") {
  const Bytes data = test::FixedRandom(3).bytes(6 * mib);
  CHECK(find_cut(table(), data) == find_cut(table(), ByteView(data).first(chunk_bytes_max)));
  const Bytes zeros(6 * mib);
  CHECK(find_cut(table(), zeros) == find_cut(table(), ByteView(zeros).first(chunk_bytes_max)));
}

TEST_CASE("chunker: the cut is the first length whose 64 bytes meet the mask") {
  for (const std::uint64_t seed : {4U, 5U, 6U}) {
    const Bytes data = test::FixedRandom(seed).bytes(chunk_bytes_max);
    const std::size_t cut = find_cut(table(), data);
    CAPTURE(seed);
    std::size_t expected = chunk_bytes_min;
    while ((hash_at(table(), data, expected) &
            (expected < loose_from ? strict_mask : loose_mask)) != 0) {
      ++expected;
    }
    CHECK(cut == expected);
  }
}

TEST_CASE("chunker: the first place for a cut is the minimum") {
  const Bytes window = window_with(strict_mask, 0);
  CHECK(find_cut(table(), quiet_but_for(window, chunk_bytes_min)) == chunk_bytes_min);
  CHECK(find_cut(table(), quiet_but_for(window, chunk_bytes_min - 1)) == chunk_bytes_max);
}

TEST_CASE("chunker: the loose mask counts from its length on") {
  const Bytes window = window_with(loose_mask, strict_mask);
  CHECK(find_cut(table(), quiet_but_for(window, loose_from)) == loose_from);
  CHECK(find_cut(table(), quiet_but_for(window, loose_from - 1)) == chunk_bytes_max);
  const Bytes strict = window_with(strict_mask, 0);
  CHECK(find_cut(table(), quiet_but_for(strict, loose_from - 1)) == loose_from - 1);
}

TEST_CASE("chunker: the last place for a cut is the byte before the end") {
  const Bytes window = window_with(loose_mask, 0);
  const Bytes data = quiet_but_for(window, 1'000'000);
  CHECK(find_cut(table(), ByteView(data).first(1'000'001)) == 1'000'000);
  CHECK(find_cut(table(), ByteView(data).first(1'000'000)) == 1'000'000);
  CHECK(find_cut(table(), ByteView(data).first(999'999)) == 999'999);
  CHECK(find_cut(table(), quiet_but_for(window, chunk_bytes_max - 1)) == chunk_bytes_max - 1);
}

TEST_CASE("chunker: only the 64 bytes before a cut decide on it") {
  Bytes data = test::FixedRandom(7).bytes(chunk_bytes_max);
  const std::size_t cut = find_cut(table(), data);
  REQUIRE(cut < chunk_bytes_max);
  std::fill(data.begin(), data.begin() + chunk_bytes_min - window_bytes, std::byte{0});
  std::fill(data.begin() + static_cast<std::ptrdiff_t>(cut), data.end(), std::byte{0});
  CHECK(find_cut(table(), data) == cut);
  data[cut - 1] ^= std::byte{1};
  CHECK(find_cut(table(), data) != cut);
}

TEST_CASE("chunker: an insertion moves only the cuts near it") {
  const Bytes before = test::FixedRandom(8).bytes(32 * mib);
  const std::size_t place = 12 * mib;
  Bytes after = before;
  after.insert(after.begin() + static_cast<std::ptrdiff_t>(place), 1000, std::byte{'x'});
  const auto old_cuts = cuts_of(table(), before);
  const auto new_cuts = cuts_of(table(), after);
  const std::set<std::size_t> found(new_cuts.begin(), new_cuts.end());
  for (const std::size_t cut : old_cuts) {
    CAPTURE(cut);
    if (cut <= place) CHECK(found.contains(cut));
    if (cut > place + 6 * mib) CHECK(found.contains(cut + 1000));
  }
}

TEST_CASE("chunker: bytes taken off the front leave the cuts further on") {
  const Bytes before = test::FixedRandom(9).bytes(16 * mib);
  const auto old_cuts = cuts_of(table(), before);
  const auto new_cuts = cuts_of(table(), ByteView(before).subspan(100'000));
  const std::set<std::size_t> found(new_cuts.begin(), new_cuts.end());
  for (const std::size_t cut : old_cuts) {
    if (cut > 6 * mib) CHECK(found.contains(cut - 100'000));
  }
}

TEST_CASE("chunker: two keys have nothing but the end in common") {
  const Bytes data = test::FixedRandom(10).bytes(16 * mib);
  const auto cuts = cuts_of(table(), data);
  const std::set<std::size_t> ours(cuts.begin(), cuts.end());
  for (const std::size_t cut : cuts_of(derive_gear_table(key_from(32)), data)) {
    CHECK(ours.contains(cut) == (cut == data.size()));
  }
}
