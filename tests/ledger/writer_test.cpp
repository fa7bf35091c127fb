#include "vault/ledger/writer.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/ledger/fixture.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "vault/base/limits.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment {

using test::all_entries;
using test::Fault;
using test::FaultyFileSystem;
using test::FileOperation;
using test::FixedRandom;
using test::LedgerFixture;

namespace {

// The commits of every crash test. The third fills a tile and a bundle.
constexpr std::array<std::size_t, 4> commits{1, 2, 256, 1};

// Appends what is not in yet, commit by commit; returns how many entries were in at the last
// return.
std::uint64_t append_commits(const LedgerFixture& fixture, FileSystem& through) {
  std::uint64_t acknowledged = 0;
  try {
    LedgerWriter writer = fixture.writer(through);
    std::uint64_t goal = 0;
    acknowledged = writer.ledger().size();
    for (const std::size_t count : commits) {
      goal += count;
      if (writer.ledger().size() >= goal) continue;
      writer.append(LedgerFixture::entries(goal - count, count), fixture.key);
      acknowledged = goal;
    }
  } catch (const Error&) {
  }
  return acknowledged;
}

bool is_commit_boundary(std::uint64_t size) {
  std::uint64_t boundary = 0;
  for (const std::size_t count : commits) {
    if (size == boundary) return true;
    boundary += count;
  }
  return size == boundary;
}

std::size_t count_operations() {
  LedgerFixture fixture;
  FaultyFileSystem files(fixture.files);
  append_commits(fixture, files);
  return files.operations().size();
}

// After whatever happened: the ledger holds whole commits, all that were acknowledged, and goes on.
void check_survived(LedgerFixture& fixture, std::uint64_t acknowledged) {
  const auto found = fixture.find();
  const std::uint64_t size = found ? found->size() : 0;
  REQUIRE(size >= acknowledged);
  REQUIRE(is_commit_boundary(size));
  if (found) REQUIRE(all_entries(*found) == LedgerFixture::entries(0, size));
  REQUIRE(append_commits(fixture, fixture.files) == 260);
  REQUIRE(all_entries(*fixture.find()) == LedgerFixture::entries(0, 260));
  REQUIRE(equal(fixture.read(0), fixture.read(1)));
}

}  // namespace

TEST_CASE("ledger writer: appends number entries on, also after opening again") {
  LedgerFixture fixture;
  {
    LedgerWriter writer = fixture.writer();
    CHECK(writer.ledger().size() == 0);
    CHECK(writer.append(LedgerFixture::entries(0, 2), fixture.key) == 0);
    CHECK(writer.append(LedgerFixture::entries(2, 3), fixture.key) == 2);
    CHECK(writer.ledger().entry(4) == LedgerFixture::entries(4, 1)[0]);
  }
  LedgerWriter writer = fixture.writer();
  CHECK(writer.append(LedgerFixture::entries(5, 1), fixture.key) == 5);
  CHECK(all_entries(writer.ledger()) == LedgerFixture::entries(0, 6));
  CHECK(equal(fixture.read(0), fixture.read(1)));
}

TEST_CASE("ledger writer: nothing is on disk before the first append") {
  LedgerFixture fixture;
  (void)fixture.writer();
  CHECK(fixture.files.list(fixture.ledgers).empty());
}

TEST_CASE("ledger writer: the longest entry fits, and no longer one") {
  LedgerFixture fixture;
  LedgerWriter writer = fixture.writer();
  const std::string longest(limits::ledger_entry_bytes_max, 'x');
  writer.append(std::vector{longest}, fixture.key);
  CHECK_THROWS_AS(writer.append(std::vector{longest + 'x'}, fixture.key), Error);
  CHECK_THROWS_AS(writer.append(std::vector{std::string()}, fixture.key), Error);
  CHECK(fixture.find()->entry(0) == longest);
  CHECK(fixture.find()->size() == 1);
}

TEST_CASE("ledger writer: tail.2 is synced before tail is touched") {
  LedgerFixture fixture;
  fixture.append({1});
  FaultyFileSystem files(fixture.files);
  LedgerWriter writer = fixture.writer(files);
  const std::size_t before = files.operations().size();
  writer.append(LedgerFixture::entries(1, 1), fixture.key);
  const auto operations = files.operations();
  REQUIRE(operations.size() == before + 4);
  using Kind = FileOperation::Kind;
  const std::array<std::pair<Kind, std::size_t>, 4> expected{
      {{Kind::write, 1}, {Kind::sync, 1}, {Kind::write, 0}, {Kind::sync, 0}}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(operations[before + i].kind == expected[i].first);
    CHECK(operations[before + i].path == fixture.path(expected[i].second));
  }
}

TEST_CASE("ledger writer: a power cut at any operation loses no commit and leaves no half one") {
  const std::size_t operations = count_operations();
  REQUIRE(operations > 20);
  for (std::size_t at = 0; at < operations; ++at) {
    for (std::uint64_t fate = 0; fate < 8; ++fate) {
      CAPTURE(at);
      CAPTURE(fate);
      LedgerFixture fixture;
      fixture.files.sync_directory(".");
      FaultyFileSystem files(fixture.files);
      files.set_fault(Fault{
          .operation = at, .error_number = EIO, .short_write = fate % 2 == 1, .lasting = true});
      const std::uint64_t acknowledged = append_commits(fixture, files);
      if (fate < 2) {
        fixture.files.crash(fate == 0 ? test::MemoryFileSystem::Unsynced::lost
                                      : test::MemoryFileSystem::Unsynced::kept);
      } else {
        FixedRandom fates(fate);
        fixture.files.crash(fates);
      }
      check_survived(fixture, acknowledged);
    }
  }
}

TEST_CASE("ledger writer: one failed operation leaves the ledger as it was, but for a sync") {
  const std::size_t operations = count_operations();
  for (std::size_t at = 0; at < operations; ++at) {
    CAPTURE(at);
    LedgerFixture fixture;
    FaultyFileSystem files(fixture.files);
    files.set_fault(
        Fault{.operation = at, .error_number = ENOSPC, .short_write = true, .lasting = false});
    const std::uint64_t acknowledged = append_commits(fixture, files);
    const auto found = fixture.find();
    const auto failed = files.operations().at(at).kind;
    if (failed != FileOperation::Kind::sync) {
      REQUIRE((found ? found->size() : 0) == acknowledged);
    }
    check_survived(fixture, acknowledged);
  }
}

TEST_CASE("ledger writer: goes on after a full disk, and not after a failed sync") {
  for (const auto kind : {FileOperation::Kind::write, FileOperation::Kind::sync}) {
    for (const std::size_t copy : {0U, 1U}) {
      LedgerFixture fixture;
      fixture.append({1});
      FaultyFileSystem files(fixture.files);
      LedgerWriter writer = fixture.writer(files);
      const std::size_t first = files.operations().size();
      const std::size_t at =
          first + (copy == 0 ? 2U : 0U) + (kind == FileOperation::Kind::sync ? 1U : 0U);
      files.set_fault(Fault{.operation = at, .error_number = ENOSPC, .short_write = true});
      const auto entries = LedgerFixture::entries(1, 1);
      CHECK_THROWS_AS(writer.append(entries, fixture.key), Error);
      CHECK(writer.ledger().size() == 1);
      if (kind == FileOperation::Kind::sync) {
        CHECK_THROWS_AS(writer.append(entries, fixture.key), Error);
      } else {
        CHECK(writer.append(entries, fixture.key) == 1);
        CHECK(all_entries(*fixture.find()) == LedgerFixture::entries(0, 2));
      }
    }
  }
}

TEST_CASE("ledger writer: opening heals either copy and cuts off what was never committed") {
  for (const std::size_t copy : {0U, 1U}) {
    LedgerFixture fixture;
    fixture.append({2, 2});
    const Bytes good = fixture.read(0);
    Bytes torn = good;
    append(torn, as_bytes("half a record"));
    fixture.write(copy, torn);
    CHECK(fixture.check().empty());
    (void)fixture.writer();
    CHECK(equal(fixture.read(copy), good));
    Bytes damaged = good;
    damaged[100] ^= std::byte{4};
    fixture.write(copy, ByteView(damaged).first(good.size() - 30));
    (void)fixture.writer();
    CHECK(equal(fixture.read(copy), good));
  }
}

TEST_CASE(
    "ledger writer: takes entries that were committed elsewhere, with their checkpoint only") {
  LedgerFixture source;
  source.append({3});
  const SignedNote note = source.find()->checkpoint();
  source.append({2});
  LedgerFixture replica;
  {
    LedgerWriter writer = replica.writer();
    CHECK_THROWS_AS(writer.append(LedgerFixture::entries(0, 2), note), Error);
    CHECK_THROWS_AS(writer.append(LedgerFixture::entries(1, 3), note), Error);
    CHECK(writer.append(LedgerFixture::entries(0, 3), note) == 0);
    CHECK_THROWS_AS(writer.append(LedgerFixture::entries(3, 2), note), Error);
    writer.append(LedgerFixture::entries(3, 2), source.find()->checkpoint());
  }
  CHECK(equal(source.read(0), replica.read(0)));
}

TEST_CASE("ledger writer: keeps cosignatures of its checkpoints, and of no others") {
  LedgerFixture fixture;
  fixture.append({3});
  const SignedNote old = fixture.find()->checkpoint();
  fixture.append({2});
  FixedRandom random(4);
  const auto witness = SigningKey<WitnessPurpose>::generate(random);
  const auto cosigned = [&](SignedNote note) {
    note.signatures.push_back(cosign(note, "muniment/witness", witness, 1'700'000'000));
    return note;
  };
  LedgerFixture stranger;
  stranger.writer().append(LedgerFixture::entries(50, 2), stranger.key);
  {
    LedgerWriter writer = fixture.writer();
    const SignedNote newest = cosigned(writer.ledger().checkpoint());
    writer.add_cosigned(newest);
    writer.add_cosigned(cosigned(old));
    CHECK_THROWS_AS(writer.add_cosigned(cosigned(stranger.find()->checkpoint())), Error);
    CHECK(encode(writer.ledger().checkpoint()) == encode(newest));
  }
  CHECK(fixture.find()->checkpoint().signatures.size() == 2);
  CHECK(fixture.find()->size() == 5);
  CHECK(fixture.check().empty());
  fixture.append({1});
  CHECK(fixture.find()->checkpoint().signatures.size() == 1);
  CHECK(all_entries(*fixture.find()) == LedgerFixture::entries(0, 6));
}

}  // namespace muniment
