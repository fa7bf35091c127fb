#include "vault/audit/ratchet.hpp"

#include "tests/audit/fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/audit/format.hpp"
#include "vault/audit/state.hpp"

namespace muniment {

using test::AccessFixture;
using test::FixedRandom;

namespace {

RatchetKey first_key() {
  return AccessFixture::make_key<RatchetKey>(20);
}

AccessEntry sealed(const std::string& detail) {
  AccessFixture fixture;
  FixedRandom random(21);
  return seal_record(first_key(), fixture.name, fixture.record(detail), random);
}

}  // namespace

TEST_CASE("ratchet: a record opens under its own key and ledger, and nowhere else") {
  const LedgerName name = AccessFixture::make_name(3);
  const AccessEntry entry = sealed("said");
  CHECK(open_record(first_key(), name, entry)->detail == "said");
  CHECK_FALSE(open_record(next_ratchet_key(first_key()), name, entry));
  CHECK_FALSE(open_record(first_key(), AccessFixture::make_name(4), entry));
  AccessEntry other = entry;
  other.level = AccessLevel::synced;
  CHECK_FALSE(open_record(first_key(), name, other));
}

TEST_CASE("ratchet: no bit of a sealed record can be turned, nothing cut off") {
  const LedgerName name = AccessFixture::make_name(3);
  const AccessEntry good = sealed("said");
  AccessEntry entry = good;
  test::for_each_bit_flip(good.box.sealed, [&](ByteView bytes, std::size_t) {
    entry.box.sealed = to_bytes(bytes);
    REQUIRE_FALSE(open_record(first_key(), name, entry));
  });
  test::for_each_truncation(good.box.sealed, [&](ByteView bytes) {
    entry.box.sealed = to_bytes(bytes);
    REQUIRE_FALSE(open_record(first_key(), name, entry));
  });
  entry = good;
  test::for_each_bit_flip(good.box.salt.view(), [&](ByteView bytes, std::size_t) {
    entry.box.salt = *SaltedBox::Salt::from_bytes(bytes);
    REQUIRE_FALSE(open_record(first_key(), name, entry));
  });
}

TEST_CASE("ratchet: the golden entry opens, and is what is written") {
  const std::string text = encode(sealed("golden"));
  CHECK(test::matches_golden("audit/sealed.txt", as_bytes(text)));
  const auto entry = decode_access_entry(as_text(test::read_golden("audit/sealed.txt")));
  REQUIRE(entry);
  CHECK(open_record(first_key(), AccessFixture::make_name(3), *entry)->detail == "golden");
}

TEST_CASE("ratchet: records of different lengths take the same room") {
  CHECK(encode(sealed("")).size() == encode(sealed(std::string(100, 'x'))).size());
  CHECK(encode(sealed("")).size() < encode(sealed(std::string(600, 'x'))).size());
}

TEST_CASE("ratchet: the same record is never the same entry twice") {
  AccessFixture fixture;
  const AccessRecord record = fixture.record("said");
  const AccessEntry a = seal_record(first_key(), fixture.name, record, fixture.random);
  const AccessEntry b = seal_record(first_key(), fixture.name, record, fixture.random);
  CHECK(encode(a) != encode(b));
}

TEST_CASE("ratchet: a segment's key opens for its auditors, if it is the one committed to") {
  AccessFixture fixture;
  const auto other = AccessFixture::make_key<ReadingSecretKey>(30);
  const auto entries = begin_segment(fixture.name, first_key(), fixture.auditors(), fixture.random);
  REQUIRE(entries.size() == 1);
  SegmentEntry entry = *decode_segment_entry(entries[0]);
  REQUIRE(entry.keys.size() == 1);
  const Bytes& file = entry.keys[0].file;
  const auto opened = open_ratchet_key(fixture.reading, fixture.name, entry, file);
  REQUIRE(opened);
  CHECK(equal(opened->view(), first_key().view()));
  CHECK_FALSE(open_ratchet_key(other, fixture.name, entry, file));
  CHECK_FALSE(open_ratchet_key(fixture.reading, AccessFixture::make_name(4), entry, file));
  entry.commitment.mutable_view()[0] ^= std::byte{1};
  CHECK_FALSE(open_ratchet_key(fixture.reading, fixture.name, entry, file));
}

TEST_CASE("ratchet: what does not fit for many auditors stands in further entries") {
  AccessFixture fixture;
  std::vector<Auditor> auditors;
  for (std::uint8_t i = 0; i < 30; ++i) {
    DeviceId id;
    id.mutable_view()[0] = std::byte{i};
    auditors.push_back({id, public_key(fixture.reading)});
  }
  const auto entries = begin_segment(fixture.name, first_key(), auditors, fixture.random);
  REQUIRE(entries.size() == 2);
  const auto first = decode_segment_entry(entries[0]);
  const auto second = decode_segment_entry(entries[1]);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->commitment == second->commitment);
  CHECK(first->keys.size() + second->keys.size() == 30);
}

TEST_CASE("ratchet: a member's recovery recipient can be an auditor, too") {
  AccessFixture fixture;
  FixedRandom ids(31);
  const auto recovery = AccessFixture::make_key<RecoverySecretKey>(32);
  const std::vector<Auditor> auditors{{ids.fixed<DeviceId>(), public_key(fixture.reading)},
                                      {ids.fixed<MemberId>(), public_key(recovery)}};
  const auto entries = begin_segment(fixture.name, first_key(), auditors, fixture.random);
  CHECK(decode_segment_entry(entries.at(0))->keys.size() == 2);
  std::vector<Auditor> fewer{auditors[0]};
  CHECK(auditors_digest(auditors) != auditors_digest(fewer));
}

TEST_CASE("ratchet state: opens for the same log and key, and not with any bit turned") {
  AccessFixture fixture;
  const RatchetState state{first_key(), 700, 12, 1'700'000'000, Sha256Digest{}};
  FixedRandom random(40);
  const Bytes good = encode_state(state, fixture.name, fixture.key, random);
  CHECK(test::matches_golden("audit/state.bin", good));
  const auto decoded =
      decode_state(test::read_golden("audit/state.bin"), fixture.name, fixture.key);
  REQUIRE(decoded);
  CHECK(decoded->size == 700);
  CHECK(decoded->steps == 12);
  CHECK(decoded->begun == 1'700'000'000);
  CHECK(equal(decoded->key.view(), first_key().view()));
  CHECK_FALSE(decode_state(good, AccessFixture::make_name(4), fixture.key));
  CHECK_FALSE(decode_state(good, fixture.name, AccessFixture::make_key<LogKey>(2)));
  test::for_each_bit_flip(good, [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    REQUIRE_FALSE(decode_state(bytes, fixture.name, fixture.key));
  });
  test::for_each_truncation(
      good, [&](ByteView bytes) { REQUIRE_FALSE(decode_state(bytes, fixture.name, fixture.key)); });
}

}  // namespace muniment
