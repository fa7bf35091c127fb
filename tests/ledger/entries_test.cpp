#include "vault/ledger/entries.hpp"

#include <doctest/doctest.h>

#include "tests/ledger/fixture.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/sealed_part.hpp"

namespace muniment {

using test::FixedRandom;
using test::LedgerFixture;

namespace {

PacksEntry test_packs(std::size_t count) {
  FixedRandom random(11);
  PacksEntry entry;
  entry.epoch = random.fixed<EpochCommitment>();
  for (std::size_t i = 0; i < count; ++i) {
    entry.packs.push_back({random.fixed<PackId>(), static_cast<std::uint8_t>(20 + i % 5)});
  }
  std::ranges::sort(entry.packs);
  return entry;
}

SnapshotEntry test_snapshot() {
  FixedRandom random(12);
  return {.collection = random.fixed<CollectionId>(),
          .number = 7,
          .charter = 2,
          .epoch = random.fixed<EpochCommitment>(),
          .content_root = random.fixed<Sha256Digest>(),
          .packs = 640,
          .sealed = random.bytes(100)};
}

SnapshotRecord test_record() {
  FixedRandom random(13);
  return {.index = random.fixed<ChunkId>(),
          .index_plain_bytes = 4096,
          .files = 80'000,
          .bytes = 10'000'000'000,
          .leaves = 79'999,
          .time = 1'700'000'000};
}

}  // namespace

TEST_CASE("entries: packs, snapshot and its sealed record are the golden texts, and strict") {
  const std::string packs = encode(test_packs(3));
  CHECK(test::matches_golden("ledger/packs.txt", as_bytes(packs)));
  CHECK(decode_packs(packs) == test_packs(3));
  test::check_strict_text(packs, decode_packs);

  const std::string snapshot = encode(test_snapshot());
  CHECK(test::matches_golden("ledger/snapshot.txt", as_bytes(snapshot)));
  CHECK(decode_snapshot(snapshot) == test_snapshot());
  test::check_strict_text(snapshot, decode_snapshot);

  const std::string record = encode(test_record());
  CHECK(test::matches_golden("ledger/sealed_snapshot.txt", as_bytes(record)));
  CHECK(decode_snapshot_record(record) == test_record());
  test::check_strict_text(record, decode_snapshot_record);
}

TEST_CASE("entries: as many packs as an entry may name fit into one, and no more") {
  const std::string most = encode(test_packs(limits::packs_per_entry_max));
  CHECK(most.size() <= limits::ledger_entry_bytes_max);
  CHECK(most.size() + 73 > limits::ledger_entry_bytes_max);
  CHECK(decode_packs(most));
  const PacksEntry last{{}, {{*PackId::from_hex(std::string(64, 'f')), 20}}};
  const std::string line = encode(last).substr(encode(last).find("pack "));
  CHECK_FALSE(decode_packs(most + line));
}

TEST_CASE("entries: packs out of order, twice, of no size class, or none at all are refused") {
  const auto text = [](const std::string& lines) {
    return "muniment/packs/v1\nepoch " + std::string(64, 'a') + "\n" + lines;
  };
  const std::string a = "pack " + std::string(64, 'a') + " 20\n";
  const std::string b = "pack " + std::string(64, 'b') + " 24\n";
  CHECK(decode_packs(text(a + b)));
  CHECK_FALSE(decode_packs(text(b + a)));
  CHECK_FALSE(decode_packs(text(a + a)));
  CHECK_FALSE(decode_packs(text("")));
  CHECK_FALSE(decode_packs(text("pack " + std::string(64, 'a') + " 19\n")));
  CHECK_FALSE(decode_packs(text("pack " + std::string(64, 'a') + " 25\n")));
  CHECK_FALSE(decode_packs(text("pack " + std::string(64, 'a') + " 276\n")));
}

TEST_CASE("entries: a snapshot has a number and a charter") {
  SnapshotEntry entry = test_snapshot();
  entry.number = 0;
  CHECK_FALSE(decode_snapshot(encode(entry)));
  entry = test_snapshot();
  entry.charter = 0;
  CHECK_FALSE(decode_snapshot(encode(entry)));
}

TEST_CASE("entries: acts are known by their first line, and anything else is unknown") {
  for (int i = 0; i < static_cast<int>(Act::unknown); ++i) {
    const Act act = static_cast<Act>(i);
    const std::string line(type_line(act));
    CHECK(act_of(line + "\n") == act);
    CHECK(act_of(line + "\nwhatever follows\n") == act);
    CHECK(act_of(line) == Act::unknown);
    CHECK(act_of(line + " \n") == Act::unknown);
    CHECK(act_of(line.substr(0, line.size() - 1) + "2\n") == Act::unknown);
  }
  CHECK(act_of("") == Act::unknown);
  CHECK(act_of("\n") == Act::unknown);
  CHECK(act_of(std::string_view("\0\xff\n", 3)) == Act::unknown);
  CHECK(act_of("muniment/attach/v1\n") == Act::unknown);
}

TEST_CASE("sealed part: opens only for its act, its ledger and its key") {
  FixedRandom random(14);
  const EpochSecretKey key = EpochSecretKey::generate(random);
  const EpochSecretKey other_key = EpochSecretKey::generate(random);
  const LedgerName ledger = LedgerFixture::make_name(2);
  const Bytes sealed = seal_part(public_key(key), ledger, Act::snapshot, "text\n", random);
  CHECK(open_part(key, ledger, Act::snapshot, sealed) == "text\n");
  CHECK_FALSE(open_part(key, ledger, Act::collection, sealed));
  CHECK_FALSE(open_part(other_key, ledger, Act::snapshot, sealed));
  LedgerName other = ledger;
  other.device = random.fixed<DeviceId>();
  CHECK_FALSE(open_part(key, other, Act::snapshot, sealed));
  other = ledger;
  other.collection = random.fixed<CollectionId>();
  CHECK_FALSE(open_part(key, other, Act::snapshot, sealed));
}

}  // namespace muniment
