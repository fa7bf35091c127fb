#include "vault/ledger/ledger.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "tests/ledger/fixture.hpp"
#include "tests/support/damage.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment {

using tail_format::RecordType;
using test::all_entries;
using test::LedgerFixture;

namespace {

// What `action` throws; empty if nothing.
template <class Action>
std::optional<Error> error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// A tail whose checksums are right, whatever it says.
Bytes forge_tail(const LedgerName& name, std::span<const std::string> entries,
                 const SignedNote& checkpoint) {
  Bytes bytes = encode(TailHeader{.ledger = name.id()});
  for (const std::string& entry : entries) {
    append_record(bytes, bytes.size(), RecordType::entry, as_bytes(entry));
  }
  append_record(bytes, bytes.size(), RecordType::checkpoint, as_bytes(encode(checkpoint)));
  return bytes;
}

SignedNote checkpoint_over(const LedgerName& name, std::span<const std::string> entries,
                           const SigningKey<LogPurpose>& key) {
  Frontier frontier;
  for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
  return sign_checkpoint({name.origin(), frontier.size(), frontier.root()}, name.origin(), key);
}

}  // namespace

TEST_CASE("ledger name: the origin leads back to the name, and nothing else does") {
  const LedgerName name = LedgerFixture::make_name(3);
  const std::string origin = name.origin();
  CHECK(LedgerName::from_origin(origin) == name);
  CHECK(origin.size() == 8 + 1 + 64 + 1 + 32 + 1 + 32);
  test::for_each_bit_flip(as_bytes(origin), [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    const auto other = LedgerName::from_origin(as_text(bytes));
    if (other) CHECK(other->origin() == as_text(bytes));
    CHECK(other != name);
  });
  test::for_each_truncation(as_bytes(origin), [](ByteView bytes) {
    CHECK_FALSE(LedgerName::from_origin(as_text(bytes)));
  });
  CHECK_FALSE(LedgerName::from_origin("x" + origin));
  CHECK_FALSE(LedgerName::from_origin(origin + "/"));
}

TEST_CASE("ledger: there is none where nothing was ever committed") {
  LedgerFixture fixture;
  CHECK_FALSE(fixture.find());
  CHECK_FALSE(read_preamble(fixture.files, fixture.ledgers, fixture.name.id()));
  CHECK(fixture.check().empty());
}

TEST_CASE("ledger: reads what was appended, signed by its log") {
  LedgerFixture fixture;
  fixture.append({1, 3, 300});
  const auto ledger = fixture.find();
  REQUIRE(ledger);
  CHECK(ledger->size() == 304);
  CHECK(ledger->damage().empty());
  CHECK(all_entries(*ledger) == LedgerFixture::entries(0, 304));
  const auto checkpoint =
      open_checkpoint(ledger->checkpoint(), fixture.name.note_key(verify_key(fixture.key)));
  REQUIRE(checkpoint);
  CHECK(*checkpoint == Checkpoint{fixture.name.origin(), 304, ledger->head().root});
}

TEST_CASE("ledger: its nodes prove inclusion and growth") {
  LedgerFixture fixture;
  fixture.append({5, 4});
  const auto ledger = fixture.find();
  REQUIRE(ledger);
  const TreeHead before{5, merkle_root(5, ledger->nodes())};
  CHECK(verify_consistency(before, ledger->head(), consistency_proof(5, 9, ledger->nodes())));
  for (std::uint64_t i = 0; i < ledger->size(); ++i) {
    CHECK(verify_inclusion(ledger->head(), i, ledger->leaf(i),
                           inclusion_proof(i, 9, ledger->nodes())));
  }
}

TEST_CASE("ledger: the preamble is the first commit, whatever comes later") {
  LedgerFixture fixture;
  fixture.append({2, 5});
  const auto preamble = read_preamble(fixture.files, fixture.ledgers, fixture.name.id());
  REQUIRE(preamble);
  CHECK(preamble->name == fixture.name);
  CHECK(preamble->entries == LedgerFixture::entries(0, 2));
  CHECK(list_ledgers(fixture.files, fixture.ledgers) == std::vector{fixture.name.id()});
}

TEST_CASE("ledger: any turned bit in tail is read from tail.2, and mended") {
  LedgerFixture fixture;
  fixture.append({1, 1});
  const Bytes good = fixture.read(0);
  const std::string object = "ledger " + fixture.name.id().hex() + ": tail";
  test::for_each_bit_flip(good, [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    fixture.write(0, damaged);
    const auto ledger = fixture.find();
    REQUIRE(ledger);
    REQUIRE(all_entries(*ledger) == LedgerFixture::entries(0, 2));
    REQUIRE(ledger->damage().size() == 1);
    REQUIRE(ledger->damage().front().object == object);
    if (bit % 8 != bit / 8 % 8) return;  // one bit of each byte is enough for what is slow
    REQUIRE(fixture.repair() == ledger->damage());
    REQUIRE(equal(fixture.read(0), good));
  });
}

TEST_CASE("ledger: any turned bit in tail.2 is found by a check, and mended") {
  LedgerFixture fixture;
  fixture.append({1, 1});
  const Bytes good = fixture.read(1);
  const std::string object = "ledger " + fixture.name.id().hex() + ": tail.2";
  test::for_each_bit_flip(good, [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    fixture.write(1, damaged);
    const auto found = fixture.check();
    REQUIRE(found.size() == 1);
    REQUIRE(found.front().object == object);
    if (bit % 8 != bit / 8 % 8) return;
    REQUIRE(fixture.repair() == found);
    REQUIRE(equal(fixture.read(1), good));
  });
}

TEST_CASE("ledger: a copy that was cut anywhere, or is gone, is mended from the other") {
  LedgerFixture fixture;
  fixture.append({2, 1});
  const Bytes good = fixture.read(0);
  for (const std::size_t copy : {0U, 1U}) {
    test::for_each_truncation(good, [&](ByteView cut) {
      fixture.write(copy, cut);
      const auto ledger = fixture.find();
      REQUIRE(ledger);
      REQUIRE(ledger->size() == 3);
      (void)fixture.repair();
      REQUIRE(equal(fixture.read(copy), good));
    });
    fixture.files.remove(fixture.path(copy));
    REQUIRE(fixture.find()->size() == 3);
    REQUIRE(fixture.check() == std::vector{LedgerDamage{"ledger " + fixture.name.id().hex() +
                                                            (copy == 0 ? ": tail" : ": tail.2"),
                                                        "missing"}});
    (void)fixture.repair();
    REQUIRE(equal(fixture.read(copy), good));
  }
}

TEST_CASE("ledger: sectors of the last commit that never reached tail are no damage, and mended") {
  LedgerFixture fixture;
  fixture.append({20, 20});
  const std::size_t first_commit = fixture.read(0).size();
  fixture.append({20});
  const Bytes good = fixture.read(0);
  REQUIRE(good.size() - first_commit > 1024);
  const auto zeroed = [&](std::size_t from, std::size_t to) {
    Bytes bytes = good;
    std::ranges::fill(std::span(bytes).subspan(from, to - from), std::byte{0});
    return bytes;
  };
  const std::size_t sector = (first_commit / 512 + 1) * 512;
  for (const Bytes& torn : {zeroed(first_commit, good.size()), zeroed(first_commit, sector),
                            zeroed(sector, sector + 512), zeroed(sector + 512, good.size())}) {
    fixture.write(0, torn);
    CHECK(fixture.find()->size() == 60);
    CHECK(fixture.find()->damage().empty());
    CHECK(fixture.check().empty());
    static_cast<void>(fixture.writer());
    CHECK(equal(fixture.read(0), good));
  }
  // Half a sector, what was committed before, or what was there already, is damage.
  for (const Bytes& damaged :
       {zeroed(sector, sector + 300), zeroed(first_commit - 200, good.size()),
        zeroed(first_commit - 200, first_commit)}) {
    fixture.write(0, damaged);
    CHECK(fixture.find()->size() == 60);
    CHECK(fixture.check().size() == 1);
    CHECK(fixture.repair().size() == 1);
    CHECK(equal(fixture.read(0), good));
  }
}

TEST_CASE("ledger: with one copy only, no turned bit gives another ledger") {
  LedgerFixture fixture;
  fixture.append({2, 1});
  const Bytes good = fixture.read(0);
  fixture.files.remove(fixture.path(1));
  test::for_each_bit_flip(good, [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    fixture.write(0, damaged);
    const bool in_header = bit < 8 * tail_format::header_bytes;
    if (in_header) {
      REQUIRE(all_entries(*fixture.find()) == LedgerFixture::entries(0, 3));
      return;
    }
    const auto error = error_of([&] { (void)fixture.find(); });
    REQUIRE(error);
    REQUIRE(error->code() == ErrorCode::damaged);
    REQUIRE(std::string(error->what()).find(fixture.name.id().hex()) != std::string::npos);
  });
}

TEST_CASE("ledger: with one copy only, a cut is noticed unless it is exactly between commits") {
  LedgerFixture fixture;
  fixture.append({2});
  const std::size_t first_commit = fixture.read(0).size();
  fixture.append({1});
  const Bytes good = fixture.read(0);
  fixture.files.remove(fixture.path(1));
  test::for_each_truncation(good, [&](ByteView cut) {
    fixture.write(0, cut);
    if (cut.size() == first_commit) {
      REQUIRE(fixture.find()->size() == 2);
    } else {
      REQUIRE(error_of([&] { (void)fixture.find(); })->code() == ErrorCode::damaged);
    }
  });
}

TEST_CASE("ledger: different damage in both copies is mended from both") {
  LedgerFixture fixture;
  fixture.append({4, 4});
  const Bytes good = fixture.read(0);
  const std::size_t first_entry = tail_format::header_bytes + 10;
  Bytes damaged = good;
  damaged[first_entry] ^= std::byte{1};
  fixture.write(0, damaged);
  damaged = good;
  damaged[good.size() - 10] ^= std::byte{1};
  fixture.write(1, damaged);
  CHECK(all_entries(*fixture.find()) == LedgerFixture::entries(0, 8));
  CHECK(fixture.repair().size() == 2);
  CHECK(equal(fixture.read(0), good));
  CHECK(equal(fixture.read(1), good));
}

TEST_CASE("ledger: an entry that neither copy has whole is named") {
  LedgerFixture fixture;
  fixture.append({4, 4});
  Bytes damaged = fixture.read(0);
  const std::size_t record = tail_format::record_overhead_bytes + fixture.entries(0, 1)[0].size();
  damaged[tail_format::header_bytes + 2 * record + 9] ^= std::byte{1};
  fixture.write(0, damaged);
  fixture.write(1, damaged);
  const auto error = error_of([&] { (void)fixture.find(); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(error->what() == "ledger " + fixture.name.id().hex() + ": damaged at entry 2");
}

TEST_CASE("ledger: an entry that is damaged after opening is read from the other copy") {
  LedgerFixture fixture;
  fixture.append({3});
  const auto ledger = fixture.find();
  for (const std::size_t copy : {0U, 1U}) {
    const auto file = fixture.files.open_or_create(fixture.path(copy));
    file->write_at(tail_format::header_bytes + 7, as_bytes("?"));
    if (copy == 0) CHECK(ledger->entry(0) == LedgerFixture::entries(0, 1)[0]);
  }
  const auto error = error_of([&] { (void)ledger->entry(0); });
  REQUIRE(error);
  CHECK(error->what() == "ledger " + fixture.name.id().hex() + ": damaged at entry 0");
  CHECK(ledger->entry(1) == LedgerFixture::entries(1, 1)[0]);
}

TEST_CASE("ledger: an entry edited with its checksum made right is refused, or read from tail.2") {
  LedgerFixture fixture;
  fixture.append({3});
  const auto note = fixture.find()->checkpoint();
  auto edited = LedgerFixture::entries(0, 3);
  edited[1] = LedgerFixture::entries(7, 1)[0];
  fixture.write(0, forge_tail(fixture.name, edited, note));
  CHECK(all_entries(*fixture.find()) == LedgerFixture::entries(0, 3));
  CHECK(fixture.check().front().cause == "damaged at entry 1");
  fixture.write(1, forge_tail(fixture.name, edited, note));
  const auto error = error_of([&] { (void)fixture.find(); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
}

TEST_CASE("ledger: entries removed, added, exchanged or repeated are refused") {
  LedgerFixture fixture;
  fixture.append({3});
  const auto note = fixture.find()->checkpoint();
  const auto good = LedgerFixture::entries(0, 3);
  const std::vector<std::vector<std::string>> forgeries{
      {good[0], good[2]},
      {good[0], good[1]},
      {good[0], good[1], good[2], good[2]},
      {good[1], good[0], good[2]},
      {good[0], good[0], good[2]},
  };
  for (const auto& entries : forgeries) {
    fixture.write(0, forge_tail(fixture.name, entries, note));
    fixture.write(1, forge_tail(fixture.name, entries, note));
    const auto error = error_of([&] { (void)fixture.find(); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::damaged);
  }
}

TEST_CASE("ledger: a checkpoint by another key, or of another ledger, is refused") {
  LedgerFixture fixture;
  fixture.append({3});
  const auto entries = LedgerFixture::entries(0, 3);
  const LedgerName other = LedgerFixture::make_name(9);
  for (const SignedNote& note : {checkpoint_over(fixture.name, entries, LedgerFixture::make_key(8)),
                                 checkpoint_over(other, entries, fixture.key)}) {
    fixture.write(0, forge_tail(fixture.name, entries, note));
    fixture.write(1, forge_tail(fixture.name, entries, note));
    const auto error = error_of([&] { (void)fixture.find(); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::damaged);
    CHECK(std::string(error->what()).ends_with("not signed by the ledger's device"));
  }
}

TEST_CASE("ledger: another format version is refused by name") {
  LedgerFixture fixture;
  fixture.append({1});
  Bytes bytes = fixture.read(0);
  const Bytes header = encode(TailHeader{.version = 2, .ledger = fixture.name.id()});
  std::ranges::copy(header, bytes.begin());
  fixture.write(0, bytes);
  const auto error = error_of([&] { (void)fixture.find(); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::unsupported);
}

TEST_CASE("ledger: a preamble whose origin is not that of its directory is refused") {
  LedgerFixture fixture;
  fixture.append({1});
  const Bytes bytes = fixture.read(0);
  fixture.name = LedgerFixture::make_name(9);
  fixture.files.make_directory(fixture.directory());
  fixture.write(0, bytes);
  const auto error =
      error_of([&] { (void)read_preamble(fixture.files, fixture.ledgers, fixture.name.id()); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
}

TEST_CASE("ledger: opens, whole, at any moment while another thread appends") {
  LedgerFixture fixture;
  fixture.append({1});
  constexpr std::uint64_t last = 200;
  std::jthread appender([&fixture] {
    LedgerWriter writer = fixture.writer();
    for (std::uint64_t i = 1; i < last; ++i) {
      writer.append(LedgerFixture::entries(i, 1), fixture.key);
    }
  });
  std::uint64_t size = 0;
  while (size < last) {
    const auto ledger = fixture.find();
    REQUIRE(ledger);
    REQUIRE(ledger->size() >= size);
    REQUIRE(ledger->damage().empty());
    size = ledger->size();
    REQUIRE(ledger->entry(size - 1) == LedgerFixture::entries(size - 1, 1)[0]);
  }
}

}  // namespace muniment
