#include "vault/audit/entry.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

AccessEntry access_entry() {
  test::FixedRandom random(11);
  AccessEntry entry;
  entry.box = {random.fixed<SaltedBox::Salt>(), random.bytes(40)};
  return entry;
}

std::vector<SealedForReader> two_readers() {
  test::FixedRandom random(12);
  return {{random.fixed<DeviceId>(), random.bytes(30)},
          {random.fixed<MemberId>(), random.bytes(9)}};
}

SegmentEntry segment_entry() {
  test::FixedRandom random(13);
  return {.commitment = random.fixed<RatchetCommitment>(), .keys = two_readers()};
}

template <class Entry>
void check_golden(const std::string& name, const Entry& entry,
                  std::optional<Entry> (*decode)(std::string_view)) {
  CHECK(test::matches_golden(name, as_bytes(encode(entry))));
  const std::string golden(as_text(test::read_golden(name)));
  CHECK(decode(golden) == entry);
  test::check_strict_text(golden, decode);
}

}  // namespace

TEST_CASE("access entry: the golden one is what is written, and strict") {
  check_golden("audit/access.txt", access_entry(), decode_access_entry);
}

TEST_CASE("segment entry: the golden one is what is written, and strict") {
  check_golden("audit/segment.txt", segment_entry(), decode_segment_entry);
}

TEST_CASE("spooled entry: the golden one is what is written, and strict") {
  check_golden("audit/spooled.txt", SpooledEntry{two_readers()}, decode_spooled_entry);
}

TEST_CASE("follows entry: the golden one is what is written, and strict") {
  test::FixedRandom random(14);
  const auto log = SigningKey<LogPurpose>::generate(random);
  const LedgerName name{random.fixed<ConsortiumId>(),
                        access_collection(random.fixed<AccessLogNumber>()),
                        random.fixed<DeviceId>()};
  AccessFollows entry{name, sign_checkpoint({name.origin(), 3, {}}, name.origin(), log)};
  const std::string text = encode(entry);
  CHECK(kind_of(text) == AccessEntryKind::follows);
  CHECK(test::matches_golden("audit/follows.txt", as_bytes(text)));
  test::check_strict_text(text, decode_follows_entry);
  entry.checkpoint.reset();
  CHECK(decode_follows_entry(encode(entry))->log == name);
  entry.log.collection = random.fixed<CollectionId>();
  CHECK_FALSE(decode_follows_entry(encode(entry)));
}

TEST_CASE("access collection: the first log has the number 0, and each number its own") {
  test::FixedRandom random(15);
  const auto number = random.fixed<AccessLogNumber>();
  CHECK(access_collection().hex() == "00000000000000000000000000000001");
  CHECK(access_collection(number).hex() == number.hex() + "0000000000000001");
  CHECK(access_log_number(access_collection(number)) == number);
  CHECK(is_access_collection(access_collection(number)));
  CHECK_FALSE(is_access_collection(CollectionId{}));
  CHECK_FALSE(is_access_collection(random.fixed<CollectionId>()));
}

TEST_CASE("access entry: only the highest level says what releases its key") {
  AccessEntry entry = access_entry();
  for (const AccessLevel level : {AccessLevel::synced, AccessLevel::ratcheted,
                                  AccessLevel::witnessed, AccessLevel::released}) {
    entry.level = level;
    CHECK(decode_access_entry(encode(entry)) == entry);
    AccessEntry released = entry;
    released.release = to_bytes("shares");
    CHECK(decode_access_entry(encode(released)).has_value() == (level == AccessLevel::released));
  }
}

TEST_CASE("segment entry: readers stand in ascending order, none twice, and are not too many") {
  SegmentEntry entry = segment_entry();
  std::swap(entry.keys[0], entry.keys[1]);
  CHECK_FALSE(decode_segment_entry(encode(entry)));
  entry.keys[1] = entry.keys[0];
  CHECK_FALSE(decode_segment_entry(encode(entry)));
  entry.keys.clear();
  test::FixedRandom random(14);
  for (std::size_t i = 0; i < segment_keys_max; ++i) {
    DeviceId id;
    id.mutable_view()[0] = static_cast<std::byte>(i);
    entry.keys.push_back({id, random.bytes(sealed_for_reader_bytes_max)});
  }
  const std::string full = encode(entry);
  CHECK(full.size() <= limits::ledger_entry_bytes_max);
  CHECK(decode_segment_entry(full) == entry);
  entry.keys.back().file.push_back(std::byte{0});
  CHECK_FALSE(decode_segment_entry(encode(entry)));
}

TEST_CASE("segment entry: another scheme is not taken for this one") {
  SegmentEntry entry = segment_entry();
  entry.scheme = 2;
  CHECK_FALSE(decode_segment_entry(encode(entry)));
}

TEST_CASE("access log entries: are told apart by their first line alone") {
  CHECK(kind_of(encode(access_entry())) == AccessEntryKind::access);
  CHECK(kind_of(encode(segment_entry())) == AccessEntryKind::segment);
  CHECK(kind_of(encode(SpooledEntry{two_readers()})) == AccessEntryKind::spooled);
  CHECK(kind_of("muniment/access/v2\n") == AccessEntryKind::unknown);
  CHECK(kind_of("") == AccessEntryKind::unknown);
  CHECK(kind_of("\xff\n") == AccessEntryKind::unknown);
}

}  // namespace muniment
