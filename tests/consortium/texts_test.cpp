// Every text of FORMAT.md: as it was written once, and strict.
#include <doctest/doctest.h>

#include <set>

#include "tests/consortium/fixture.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"

namespace muniment {

using test::check_strict_text;
using test::ConsortiumFixture;
using test::matches_golden;

namespace {

// The golden file holds the text, and the decoder takes that text and no other.
template <class Decode>
void check_text(const std::string& name, const std::string& text, Decode decode) {
  CAPTURE(name);
  CHECK(matches_golden("consortium/" + name + ".txt", as_bytes(text)));
  check_strict_text(text, decode);
}

// encode() for the sealed name of a device has a name of its own.
struct DeviceName {
  SaltedName name;
};

std::string encode(const DeviceName& name) {
  return encode_device_name(name.name);
}

std::optional<DeviceName> decode_test_device_name(std::string_view text) {
  const auto name = decode_device_name(text);
  if (!name) return std::nullopt;
  return DeviceName{*name};
}

// As a key on a FIDO2 token gives it.
SshPublicKey token_key(Random& random) {
  return {SshKeyKind::sk_ed25519, verify_key(SigningKey<AuthorityPurpose>::generate(random)),
          "ssh:"};
}

Charter test_charter() {
  test::FixedRandom random(30);
  Charter charter;
  charter.number = 2;
  charter.previous = random.fixed<Sha256Digest>();
  charter.created = 1'700'000'000;
  charter.expires = 1'800'000'000;
  charter.thresholds = {2, 1, 1};
  for (int i = 0; i < 3; ++i) {
    const test::TestMember member(random);
    charter.members.push_back(member.listed(Roles().add(Role::reader)));
  }
  charter.members[0].roles = Roles::all();
  charter.members[1].keys.insert(charter.members[1].keys.begin(), token_key(random));
  charter.members[2].roles = Roles();
  std::ranges::sort(charter.members, {}, &CharterMember::id);
  return charter;
}

Revocation test_revocation() {
  test::FixedRandom random(31);
  Revocation revocation{random.fixed<ConsortiumId>(),
                        {3, random.fixed<Sha256Digest>()},
                        random.fixed<DeviceId>(),
                        {}};
  revocation.accepted[random.fixed<LedgerId>()] = 17;
  revocation.accepted[random.fixed<LedgerId>()] = 0;
  return revocation;
}

}  // namespace

TEST_CASE("texts: the entries that found a consortium are the golden ones, and strict") {
  ConsortiumFixture fixture;
  const auto& entries = fixture.founding.entries;
  REQUIRE(entries.size() == 6);
  check_text("charter_entry", entries[0], decode_charter_entry);
  check_text("device_entry", entries[1], decode_device_entry);
  check_text("recovery_entry", entries[2], decode_recovery_entry);
  check_text("epoch_entry", entries[3], decode_epoch_entry);
  check_text("grant_entry", entries[4], decode_grant_entry);
  check_text("first_charter", decode_charter_entry(entries[0])->text, decode_charter);
  check_text("certificate", decode_device_entry(entries[1])->text, decode_certificate);
  check_text("recovery", decode_recovery_entry(entries[2])->text, decode_recovery_recipient);
  check_text("grant", decode_grant_entry(entries[4])->text, decode_grant);
  check_text("grant_to_recovery", decode_grant_entry(entries[5])->text, decode_grant);
}

TEST_CASE("texts: the entry that begins a collection is the golden one, and strict") {
  test::FixedRandom random(32);
  const CollectionEntry entry{random.fixed<CollectionId>(), random.fixed<CollectionNonce>(),
                              random.bytes(50)};
  check_text("collection_entry", encode(entry), decode_collection_entry);
}

TEST_CASE("texts: a charter of several is the golden one, and strict") {
  check_text("charter", encode(test_charter()), decode_charter);
  CHECK(decode_charter(encode(test_charter())) == test_charter());
}

TEST_CASE("texts: a charter with members who depart is the golden one, and strict") {
  test::FixedRandom random(36);
  Charter charter = test_charter();
  charter.departed[charter.members[1].id];
  LedgerSizes& sizes = charter.departed[random.fixed<MemberId>()];
  sizes[random.fixed<LedgerId>()] = 17;
  sizes[random.fixed<LedgerId>()] = 0;
  check_text("charter-departed", encode(charter), decode_charter);
  CHECK(decode_charter(encode(charter)) == charter);
  for (std::size_t i = sizes.size(); i <= departed_ledgers_max; ++i) {
    sizes[random.fixed<LedgerId>()] = i;
  }
  CHECK_FALSE(decode_charter(encode(charter)));
}

TEST_CASE("texts: that keys were recovered is the golden entry, and strict") {
  test::FixedRandom random(35);
  const RecoveredEntry entry{random.fixed<ConsortiumId>(), random.fixed<MemberId>(),
                             random.fixed<DeviceId>(), 1'700'000'000};
  check_text("recovered_entry", encode(entry), decode_recovered_entry);
  CHECK(decode_recovered_entry(encode(entry)) == entry);
}

TEST_CASE("texts: the proof of a fork is the golden entry, and strict") {
  ConsortiumFixture fixture;
  check_text("fork", encode(fixture.fork_of(0)), decode_fork_entry);
}

TEST_CASE("texts: a later epoch's entry repeats the collection's record, and is strict") {
  ConsortiumFixture fixture;
  EpochEntry entry = *decode_epoch_entry(fixture.founding.entries[3]);
  entry.sealed = to_bytes("sealed");
  const std::string text = encode(entry);
  check_strict_text(text, decode_epoch_entry);
  CHECK(decode_epoch_entry(text) == entry);
}

TEST_CASE("texts: a revocation is the golden one, and strict") {
  const std::string text = encode(test_revocation());
  check_text("revocation", text, decode_revocation);
  CHECK(decode_revocation(text) == test_revocation());
  test::FixedRandom random(33);
  const test::TestMember member(random);
  const RevocationEntry entry{
      text, approve(member.authority, member.id, approval_namespace::revoke, text)};
  check_text("revocation_entry", encode(entry), decode_revocation_entry);
}

TEST_CASE("texts: what stands under seal is golden, and strict") {
  test::FixedRandom random(34);
  CharterNames names;
  names[random.fixed<MemberId>()] = SaltedName::make("Süddeutsche Zeitung", random);
  names[random.fixed<MemberId>()] = SaltedName::make("ICIJ", random);
  check_text("sealed_charter", encode(names), decode_charter_names);
  check_text("sealed_device", encode_device_name(SaltedName::make("desk 2", random)),
             decode_test_device_name);
  const CollectionRecord record{"police-files", true, 2, 3};
  check_text("sealed_collection", encode(record), decode_collection_record);
  CHECK(decode_collection_record(encode(record)) == record);
}

TEST_CASE("texts: a grant for deposit or replication has no envelope, one for reading has") {
  ConsortiumFixture fixture;
  Grant grant = *decode_grant(decode_grant_entry(fixture.founding.entries[4])->text);
  for (const Rights rights : {Rights::read, Rights::deposit, Rights::replicate}) {
    grant.rights = rights;
    grant.envelope = EnvelopeRef{{}, 2000};
    CHECK(decode_grant(encode(grant)).has_value() == (rights == Rights::read));
    grant.envelope.reset();
    CHECK(decode_grant(encode(grant)).has_value() == (rights != Rights::read));
  }
}

TEST_CASE("texts: names are as people write them, collections as they type them") {
  for (const std::string_view name : {"BBC", "Süddeutsche Zeitung", " ", "a+b/c", "ﷺ"}) {
    CHECK(is_valid_name(name));
  }
  CHECK(is_valid_name(std::string(255, 'x')));
  CHECK_FALSE(is_valid_name(std::string(256, 'x')));
  for (const std::string_view name :
       {"", "a\nb", "a\tb", "\x1b[31m", "\xff", "a\x7f", "a\\b", "\u202eb"}) {
    CHECK_FALSE(is_valid_name(name));
  }
  for (const std::string_view name : {"a", "0", "police-files", "x--", "2016-04"}) {
    CHECK(is_valid_collection_name(name));
  }
  CHECK(is_valid_collection_name(std::string(63, 'x')));
  CHECK_FALSE(is_valid_collection_name(std::string(64, 'x')));
  for (const std::string_view name : {"", "-a", "A", "a b", "a_b", "a/b", "ä"}) {
    CHECK_FALSE(is_valid_collection_name(name));
  }
}

TEST_CASE("texts: every refusal has words of its own") {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(Refusal::commitment_mismatch); ++i) {
    const std::string_view text = to_text(static_cast<Refusal>(i));
    CHECK(seen.insert(text).second);
    CHECK(text != "refused");
  }
}

}  // namespace muniment
