#include "vault/audit/tail.hpp"

#include <algorithm>

#include "tests/audit/fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/audit/format.hpp"

namespace muniment {

using test::AccessFixture;

namespace {

struct Tail : AccessFixture {
  // Three commits of small texts, after a base of 256 entries.
  Tail() {
    files.make_directory(directory.parent_path());
    files.make_directory(directory);
    for (std::uint64_t i = 0; i < 256; ++i) before.append(leaf_hash(as_bytes(std::to_string(i))));
    grow({"one", "two"});
    grow({"three"});
    grow({"four"});
    put(0, content);
    put(1, content);
  }

  void grow(const std::vector<std::string>& more) {
    Frontier frontier = before;
    entries.insert(entries.end(), more.begin(), more.end());
    for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
    const TreeHead head = frontier.head();
    const auto note = sign_checkpoint({name.origin(), head.size, head.root}, name.origin(), key);
    if (content.empty()) {
      content = encode_access_tail(name, before, entries, note);
    } else {
      for (const std::string& entry : more) {
        append_record(content, content.size(), tail_format::RecordType::entry, as_bytes(entry));
      }
      append_record(content, content.size(), tail_format::RecordType::checkpoint,
                    as_bytes(encode(note)));
    }
    ends.push_back(content.size());
  }

  void put(std::size_t copy, ByteView bytes) {
    write_file_atomically(files, path(access_format::log_names.at(copy)), bytes);
  }

  [[nodiscard]] std::optional<AccessTail> load(TailDepth depth = TailDepth::both_copies) {
    return load_access_tail(files, directory, name, verify_key(key), depth);
  }
  // How many entries of the tail a load gives; none if it is damaged.
  [[nodiscard]] std::optional<std::size_t> loaded() {
    try {
      const auto tail = load();
      return tail ? std::optional(tail->entries.size()) : std::nullopt;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::damaged);
      CHECK_FALSE(error.hint().empty());
      return std::nullopt;
    }
  }

  Frontier before;
  std::vector<std::string> entries;
  Bytes content;
  std::vector<std::size_t> ends;
};

}  // namespace

TEST_CASE("access tail: the golden file opens, and is what is written") {
  Tail tail;
  CHECK(test::matches_golden("audit/log.bin", tail.content));
  tail.put(0, test::read_golden("audit/log.bin"));
  const auto loaded = tail.load(TailDepth::quick);
  REQUIRE(loaded);
  CHECK(loaded->base == 256);
  CHECK(loaded->entries == tail.entries);
  CHECK(loaded->size() == 260);
  CHECK(loaded->unlike.none());
}

TEST_CASE("access tail: one copy is enough, whatever becomes of the other") {
  Tail tail;
  for (const std::size_t copy : {std::size_t{0}, std::size_t{1}}) {
    std::size_t damaged = 0;
    const auto check = [&](ByteView bytes) {
      tail.put(copy, bytes);
      const auto loaded = tail.load();
      REQUIRE(loaded);
      REQUIRE(loaded->entries == tail.entries);
      REQUIRE(loaded->unlike.test(copy));
      damaged += loaded->damage.size();
    };
    // A load tries several times where something is damaged, so not every bit.
    Bytes bytes = tail.content;
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      bytes[at] ^= std::byte{4};
      check(bytes);
      bytes[at] ^= std::byte{4};
      check(ByteView(tail.content).first(at));
    }
    CHECK(damaged > bytes.size() / 7);
    tail.files.remove(tail.path(access_format::log_names.at(copy)));
    CHECK(tail.load()->damage.size() == 1);
    tail.put(copy, tail.content);
    CHECK(tail.load()->damage.empty());
  }
}

TEST_CASE(
    "access tail: a bit turned in both copies at one place is damage, and never a shorter log") {
  Tail tail;
  for (std::size_t at = 0; at < tail.content.size(); at += 5) {
    CAPTURE(at);
    Bytes bytes = tail.content;
    // The header says nothing that the checkpoint does not.
    const bool needed = at >= tail_format::header_bytes;
    bytes[at] ^= std::byte{16};
    tail.put(0, bytes);
    tail.put(1, bytes);
    REQUIRE(tail.loaded().has_value() == !needed);
  }
}

TEST_CASE("access tail: damage at two places is healed from the two copies together") {
  Tail tail;
  Bytes first = tail.content;
  Bytes second = tail.content;
  first[tail.ends[0] + 8] ^= std::byte{1};
  second[tail.ends[1] + 8] ^= std::byte{1};
  tail.put(0, first);
  tail.put(1, second);
  CHECK(tail.loaded() == 4);
}

TEST_CASE(
    "access tail: both copies cut at the same commit are a shorter log, cut elsewhere damage") {
  Tail tail;
  for (std::size_t size = 0; size < tail.content.size(); ++size) {
    CAPTURE(size);
    tail.put(0, ByteView(tail.content).first(size));
    tail.put(1, ByteView(tail.content).first(size));
    const auto end = std::ranges::find(tail.ends, size);
    const auto loaded = tail.loaded();
    // This is what only a witness notices.
    REQUIRE(loaded.has_value() == (end != tail.ends.end()));
  }
}

TEST_CASE("access tail: an append that was cut short is no damage") {
  Tail tail;
  for (std::size_t size = tail.ends[1]; size <= tail.content.size(); size += 11) {
    CAPTURE(size);
    tail.put(0, ByteView(tail.content).first(tail.ends[1]));
    tail.put(1, ByteView(tail.content).first(size));
    const auto loaded = tail.load();
    REQUIRE(loaded);
    CHECK(loaded->damage.empty());
    CHECK(loaded->entries.size() == (size == tail.content.size() ? 4 : 3));
  }
}

TEST_CASE("access tail: a copy that the power left anything of its newest commit is no damage") {
  Tail tail;
  const std::size_t newest = tail.ends[tail.ends.size() - 2];
  for (const std::size_t copy : {std::size_t{0}, std::size_t{1}}) {
    for (std::size_t kept = newest; kept < tail.content.size(); kept += 13) {
      CAPTURE(kept);
      Bytes torn = tail.content;
      std::fill(torn.begin() + static_cast<std::ptrdiff_t>(kept), torn.end(), std::byte{0});
      tail.put(1 - copy, tail.content);
      tail.put(copy, torn);
      const auto loaded = tail.load();
      REQUIRE(loaded);
      CHECK(loaded->entries == tail.entries);
      CHECK(loaded->unlike.test(copy));
      CHECK(loaded->damage.empty());
    }
    // One commit is all that it may lack.
    Bytes torn = tail.content;
    torn[newest - 1] ^= std::byte{1};
    tail.put(copy, torn);
    CHECK(tail.load()->damage.size() == 1);
  }
}

TEST_CASE("access tail: a rotation that was cut short is no damage") {
  Tail tail;
  for (std::uint64_t i = 0; i < 256; ++i) tail.grow({"more " + std::to_string(i)});
  Frontier before = tail.before;
  for (std::size_t i = 0; i < 256; ++i) before.append(leaf_hash(as_bytes(tail.entries[i])));
  const auto whole = [&] {
    tail.put(0, tail.content);
    tail.put(1, tail.content);
    return tail.load();
  }();
  REQUIRE(whole);
  const Bytes rotated = encode_access_tail(tail.name, before, std::span(tail.entries).subspan(256),
                                           whole->checkpoint);
  tail.put(1, rotated);
  const auto loaded = tail.load();
  REQUIRE(loaded);
  CHECK(loaded->damage.empty());
  CHECK(loaded->base == 512);
  CHECK(loaded->size() == whole->size());
  CHECK(loaded->frontier.head() == whole->frontier.head());
  CHECK(loaded->unlike == CopySet(0b01));
}

TEST_CASE("access tail: another device's log, or another key's, is not this one") {
  Tail tail;
  CHECK_THROWS_AS(
      static_cast<void>(load_access_tail(tail.files, tail.directory, AccessFixture::make_name(4),
                                         verify_key(tail.key), TailDepth::quick)),
      Error);
  CHECK_THROWS_AS(static_cast<void>(load_access_tail(tail.files, tail.directory, tail.name,
                                                     verify_key(AccessFixture::make_key<LogKey>(8)),
                                                     TailDepth::quick)),
                  Error);
}

TEST_CASE("access tail: another format version is refused by name") {
  Tail tail;
  const Bytes header = encode(TailHeader{.version = 2, .ledger = tail.name.id()});
  Bytes bytes = tail.content;
  std::ranges::copy(header, bytes.begin());
  tail.put(0, bytes);
  try {
    static_cast<void>(tail.load());
    FAIL_CHECK("it opened");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
  }
}

TEST_CASE("access tail: what is left of a damaged one is its longest signed beginning") {
  Tail tail;
  Bytes bytes = tail.content;
  bytes[tail.ends[1] + 8] ^= std::byte{1};
  tail.put(0, bytes);
  tail.put(1, bytes);
  const auto left =
      salvage_access_tail(tail.files, tail.directory, tail.name, verify_key(tail.key));
  REQUIRE(left);
  CHECK(left->entries.size() == 3);
  CHECK(left->content.size() == tail.ends[1]);
  tail.put(0, {});
  tail.put(1, {});
  CHECK_FALSE(salvage_access_tail(tail.files, tail.directory, tail.name, verify_key(tail.key)));
}

TEST_CASE("access tail: the fuzzer begins with a log that its key signed") {
  const LedgerName name;
  const LogKey key = *LogKey::from_bytes(Bytes(32, std::byte{7}));
  const std::vector<std::string> entries{"one\n", "two\n"};
  Frontier frontier;
  for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
  const auto note =
      sign_checkpoint({name.origin(), frontier.size(), frontier.root()}, name.origin(), key);
  const Bytes tail = encode_access_tail(name, {}, entries, note);
  // Where the second copy begins, then both.
  Bytes seed{static_cast<std::byte>(tail.size() >> 8U), static_cast<std::byte>(tail.size() & 255U)};
  append(seed, tail);
  append(seed, tail);
  CHECK(test::matches_golden("../fuzz/seeds/access_tail/whole", seed));
}

TEST_CASE("access tail: a base that is no tree's edge is refused") {
  Tail tail;
  const auto with_base = [&](const std::string& base) {
    Bytes bytes = encode(TailHeader{.ledger = tail.name.id()});
    append_record(bytes, bytes.size(), tail_format::RecordType::entry, as_bytes(base));
    append(bytes, ByteView(tail.content).subspan(bytes.size()));
    tail.put(0, bytes);
    tail.put(1, bytes);
    return tail.loaded();
  };
  const std::string node = std::string(64, '0');
  CHECK_FALSE(with_base("muniment/access-base/v1\nsize 256\n"));
  CHECK_FALSE(with_base("muniment/access-base/v1\nsize 255\nnode " + node + "\n"));
  CHECK_FALSE(with_base("muniment/access-base/v1\nsize 256\nnode " + node + "\n"));
}

}  // namespace muniment
