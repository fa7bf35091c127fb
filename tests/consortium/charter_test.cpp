#include "vault/consortium/charter.hpp"

#include <doctest/doctest.h>

#include "tests/consortium/fixture.hpp"

namespace muniment {

using test::ConsortiumFixture;

namespace {

// A charter of `count` members, of whom the first `custodians` are custodians and nobody else
// anything.
Charter charter_of(std::size_t count, std::size_t custodians, const Thresholds& thresholds) {
  test::FixedRandom random(40);
  Charter charter;
  charter.created = test::test_time;
  charter.expires = test::test_time + 1;
  charter.thresholds = thresholds;
  for (std::size_t i = 0; i < count; ++i) {
    const test::TestMember member(random);
    charter.members.push_back(
        member.listed(i < custodians ? Roles().add(Role::custodian) : Roles()));
  }
  std::ranges::sort(charter.members, {}, &CharterMember::id);
  return charter;
}

struct Succession : ConsortiumFixture {
  Succession() : ConsortiumFixture(3) { current = replay().charters().back(); }

  [[nodiscard]] std::vector<CharterMember> listed(std::initializer_list<std::size_t> who) const {
    std::vector<CharterMember> result;
    for (const std::size_t member : who) result.push_back(members[member].listed());
    return result;
  }
  [[nodiscard]] std::optional<Refusal> judge(const Charter& charter,
                                             std::initializer_list<std::size_t> by) const {
    return check_next_charter(current, approved(charter, std::vector<std::size_t>(by)));
  }

  ApprovedCharter current;  // number 2, of three members, who are all custodians; threshold 2
};

}  // namespace

TEST_CASE("charter: thresholds of half the members or less are refused") {
  const auto verdict = [](std::size_t members, std::uint32_t threshold) {
    return check(charter_of(members, 1, {threshold, 1, 0}));
  };
  CHECK(verdict(1, 0) == Refusal::threshold_too_low);
  CHECK_FALSE(verdict(1, 1));
  CHECK(verdict(2, 1) == Refusal::threshold_too_low);
  CHECK_FALSE(verdict(2, 2));
  CHECK(verdict(14, 7) == Refusal::threshold_too_low);
  CHECK_FALSE(verdict(14, 8));
  CHECK_FALSE(verdict(14, 9));
  CHECK_FALSE(verdict(14, 14));
  CHECK(verdict(14, 15) == Refusal::threshold_too_high);
  CHECK(verdict(14, 4'294'967'295) == Refusal::threshold_too_high);
}

TEST_CASE("charter: somebody must be able to grant, and to witness what has to be witnessed") {
  CHECK(check(charter_of(3, 0, {2, 1, 0})) == Refusal::threshold_too_high);
  CHECK(check(charter_of(3, 2, {2, 0, 0})) == Refusal::threshold_too_low);
  CHECK_FALSE(check(charter_of(3, 2, {2, 2, 0})));
  CHECK(check(charter_of(3, 2, {2, 3, 0})) == Refusal::threshold_too_high);
  CHECK(check(charter_of(3, 2, {2, 1, 1})) == Refusal::threshold_too_high);
  Charter charter = charter_of(3, 1, {2, 1, 1});
  charter.members[0].roles.add(Role::witness);
  CHECK_FALSE(check(charter));
  charter.members[1].roles.add(Role::witness);
  CHECK(check(charter) == Refusal::threshold_too_low);
}

TEST_CASE("charter: a key that is listed under two members is refused") {
  Charter charter = charter_of(3, 1, {2, 1, 0});
  CHECK_FALSE(check(charter));
  charter.members[2].keys = charter.members[0].keys;
  CHECK(decode_charter(encode(charter)));
  CHECK(check(charter) == Refusal::key_of_two_members);
}

TEST_CASE("charter: one member's keys are listed once each, in order, and are not too many") {
  test::FixedRandom random(41);
  Charter charter = charter_of(1, 1, {1, 1, 0});
  auto& keys = charter.members[0].keys;
  while (keys.size() < member_keys_max) keys.push_back(test::TestMember(random).ssh_key());
  std::ranges::sort(keys, {}, encode_authorized_key);
  CHECK(decode_charter(encode(charter)) == charter);
  std::swap(keys[0], keys[1]);
  CHECK_FALSE(decode_charter(encode(charter)));
  keys[1] = keys[0];
  CHECK_FALSE(decode_charter(encode(charter)));
  keys.clear();
  CHECK_FALSE(decode_charter(encode(charter)));
  while (keys.size() <= member_keys_max) keys.push_back(test::TestMember(random).ssh_key());
  std::ranges::sort(keys, {}, encode_authorized_key);
  CHECK_FALSE(decode_charter(encode(charter)));
}

TEST_CASE("charter: roles are printed in one order only") {
  const std::string text = encode(charter_of(1, 1, {1, 1, 0}));
  const auto with_roles = [&text](const std::string& roles) {
    std::string other = text;
    return other.replace(other.find(" custodian\n"), 11, " " + roles + "\n");
  };
  for (const std::string roles : {"-", "reader", "custodian,reader",
                                  "custodian,contributor,reader,auditor,witness,trustee"}) {
    CAPTURE(roles);
    CHECK(decode_charter(with_roles(roles)));
  }
  for (const std::string roles : {"reader,custodian", "reader,reader", "admin", "custodian,",
                                  ",custodian", "Reader", "custodian,admin", "-,reader"}) {
    CAPTURE(roles);
    CHECK_FALSE(decode_charter(with_roles(roles)));
  }
}

TEST_CASE("charter: the first is approved by its own members, and its hash is the consortium") {
  ConsortiumFixture fixture;
  CharterEntry entry = *decode_charter_entry(fixture.founding.entries[0]);
  CHECK_FALSE(check_first_charter(fixture.id(), entry));
  CHECK(check_first_charter({}, entry) == Refusal::other_consortium);
  const Approval good = entry.approvals[0];
  entry.approvals[0].signature.signature.mutable_view()[3] ^= std::byte{1};
  CHECK(check_first_charter(fixture.id(), entry) == Refusal::approval_invalid);
  entry.approvals[0] = good;
  entry.approvals[0].member = {};
  CHECK(check_first_charter(fixture.id(), entry) == Refusal::approver_unknown);
  entry.approvals.clear();
  CHECK(check_first_charter(fixture.id(), entry) == Refusal::approvals_too_few);
}

TEST_CASE("charter: the next one needs the thresholds of both sets of members") {
  Succession succession;
  test::FixedRandom random(42);
  succession.members.emplace_back(random);
  succession.members.emplace_back(random);
  // Two of three leave, two others come: 2 of {0, 1, 2}, and 2 of {0, 3, 4}.
  const Charter next = ConsortiumFixture::after(succession.current, succession.listed({0, 3, 4}));
  CHECK_FALSE(succession.judge(next, {0, 1, 3}));
  CHECK_FALSE(succession.judge(next, {1, 2, 3, 4}));
  CHECK(succession.judge(next, {0, 1}) == Refusal::approvals_too_few);
  CHECK(succession.judge(next, {0, 3, 4}) == Refusal::approvals_too_few);
  CHECK(succession.judge(next, {1, 2, 3}) == Refusal::approvals_too_few);
  CHECK(succession.judge(next, {0, 3}) == Refusal::approvals_too_few);
}

TEST_CASE("charter: an older one, a skipped number, a wrong predecessor are refused") {
  Succession succession;
  const auto listed = succession.listed({0, 1, 2});
  const Charter good = ConsortiumFixture::after(succession.current, listed);
  CHECK_FALSE(succession.judge(good, {0, 1}));

  const auto first = *decode_charter_entry(succession.founding.entries[0]);
  CHECK(check_next_charter(succession.current, first) == Refusal::charter_replayed);
  Charter charter = good;
  charter.number = 2;
  CHECK(succession.judge(charter, {0, 1}) == Refusal::charter_replayed);
  charter.number = 4;
  CHECK(succession.judge(charter, {0, 1}) == Refusal::charter_skipped);
  charter = good;
  charter.previous = sha256(as_bytes("another"));
  CHECK(succession.judge(charter, {0, 1}) == Refusal::charter_not_linked);
}

TEST_CASE("charter: it says of whoever loses a right or a key up to where its ledgers count") {
  Succession succession;
  const auto missing = [&](Charter charter, std::size_t member) {
    const MemberId& id = succession.members[member].id;
    REQUIRE(charter.departed.size() == 1);
    CHECK_FALSE(succession.judge(charter, {0, 1, 2}));
    charter.departed.erase(id);
    return succession.judge(charter, {0, 1, 2}) == Refusal::departure_missing;
  };
  CHECK(missing(ConsortiumFixture::after(succession.current, succession.listed({0, 1})), 2));
  auto members = succession.listed({0, 1});
  members.push_back(succession.members[2].listed(Roles().add(Role::reader).add(Role::witness)));
  CHECK(missing(ConsortiumFixture::after(succession.current, members), 2));
  members.back() = succession.members[2].listed();
  members.back().keys = {{SshKeyKind::ed25519,
                          verify_key(SigningKey<AuthorityPurpose>::generate(succession.random)),
                          {}}};
  CHECK(missing(ConsortiumFixture::after(succession.current, members), 2));
  // A role that gives no say in the ledgers, or one key more, is no departure.
  members.back() = succession.members[2].listed(Roles().add(Role::custodian).add(Role::witness));
  Charter charter = ConsortiumFixture::after(succession.current, members);
  CHECK(charter.departed.empty());
  CHECK_FALSE(succession.judge(charter, {0, 1, 2}));
  // Nobody departs who was never there.
  charter.departed[succession.random.fixed<MemberId>()];
  CHECK(succession.judge(charter, {0, 1, 2}) == Refusal::unknown_member);
}

TEST_CASE("charter: one that has expired cannot be extended") {
  Succession succession;
  Charter charter = ConsortiumFixture::after(succession.current, succession.listed({0, 1, 2}));
  charter.created = succession.current.charter.expires;
  charter.expires = charter.created + 1;
  CHECK_FALSE(succession.judge(charter, {0, 1}));
  ++charter.created;
  ++charter.expires;
  CHECK(succession.judge(charter, {0, 1}) == Refusal::charter_expired);
}

TEST_CASE("charter: it cannot lower its own threshold to half or less, whoever approves") {
  Succession succession;
  Charter charter = ConsortiumFixture::after(succession.current, succession.listed({0, 1, 2}));
  charter.thresholds.charter = 1;
  CHECK(succession.judge(charter, {0, 1, 2}) == Refusal::threshold_too_low);
}

TEST_CASE("charter: one member approving twice is refused, with one key or with two") {
  Succession succession;
  test::FixedRandom random(43);
  const auto second_key = test::AuthorityKey::generate(random);
  // Member 0 gets another key, in a charter that is approved as it should be.
  auto listed = succession.listed({0, 1, 2});
  listed[0].keys.push_back({SshKeyKind::ed25519, verify_key(second_key), {}});
  std::ranges::sort(listed[0].keys, {}, encode_authorized_key);
  const Charter charter = ConsortiumFixture::after(succession.current, listed);
  REQUIRE_FALSE(succession.judge(charter, {0, 1}));
  const ApprovedCharter current{charter, encode(charter)};

  const Charter next = ConsortiumFixture::after(current, listed);
  const MemberId& member = succession.members[0].id;
  CharterEntry entry = succession.approved(next, std::vector<std::size_t>{0});
  for (const auto& key : {succession.members[0].authority.clone(), second_key.clone()}) {
    entry.approvals.resize(1, entry.approvals[0]);
    entry.approvals.push_back(approve(key, member, approval_namespace::charter, entry.text));
    CHECK(decode_charter_entry(encode(entry)));
    CHECK(check_next_charter(current, entry) == Refusal::approved_twice);
  }
}

TEST_CASE("charter: approvals of another namespace, another text or another key are refused") {
  Succession succession;
  const Charter charter =
      ConsortiumFixture::after(succession.current, succession.listed({0, 1, 2}));
  const std::vector<std::size_t> by{0, 1};
  const CharterEntry good = succession.approved(charter, by);
  CHECK_FALSE(check_next_charter(succession.current, good));

  CharterEntry entry = good;
  entry.approvals = succession.approvals(by, approval_namespace::grant, entry.text);
  CHECK(check_next_charter(succession.current, entry) == Refusal::approval_invalid);
  entry.approvals = succession.approvals(by, approval_namespace::charter, entry.text + " ");
  CHECK(check_next_charter(succession.current, entry) == Refusal::approval_invalid);
  entry = good;
  std::swap(entry.approvals[0].signature, entry.approvals[1].signature);
  CHECK(check_next_charter(succession.current, entry) == Refusal::approval_invalid);
  entry = good;
  entry.approvals[1].member = {};
  std::ranges::sort(entry.approvals, {}, &Approval::member);
  CHECK(check_next_charter(succession.current, entry) == Refusal::approver_unknown);
}

}  // namespace muniment
