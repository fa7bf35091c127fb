#include "tests/attacks/attack.hpp"
#include "tests/consortium/shared_collection.hpp"

namespace muniment::test {
namespace {

using Members = std::vector<std::size_t>;

// Why the last entry that was appended gives no rights.
std::string last_refusal(ConsortiumFixture& fixture) {
  const std::vector<Refusal> refusals = fixture.refusals();
  return refusals.empty() ? "" : shown_as(refusals.back());
}
// Why the collection does not open to the member.
std::string grant_refusal(SharedCollection& shared, std::size_t member) {
  RefusedGrants refused;
  if (shared.open(member, &refused)) return {};
  REQUIRE_FALSE(refused.empty());
  return shown_as(refused.back().refusal);
}

// Three members, of whom two must approve; the first tries alone.
struct Usurper : ConsortiumFixture {
  Usurper() : ConsortiumFixture(3) { current = replay().charters().back(); }

  [[nodiscard]] Charter own_charter() const { return after(current, {members[0].listed()}); }
  [[nodiscard]] Shown appended(const CharterEntry& entry) {
    append(0, encode(entry));
    CHECK(replay().charter().number == 2);
    return {last_refusal(*this)};
  }

  ApprovedCharter current;
};

Shown too_few_approvals() {
  Usurper usurper;
  return usurper.appended(usurper.approved(usurper.own_charter(), Members{0}));
}

Shown one_approval_twice() {
  Usurper usurper;
  return usurper.appended(usurper.approved(usurper.own_charter(), Members{0, 0}));
}

// Both are the member's own, and listed.
Shown two_keys_of_one_member() {
  ConsortiumFixture fixture(3);
  const AuthorityKey second = AuthorityKey::generate(fixture.random);
  CharterMember padded = fixture.members[0].listed();
  padded.keys.push_back({SshKeyKind::ed25519, verify_key(second), {}});
  std::ranges::sort(padded.keys, {}, encode_authorized_key);
  const Charter with_two =
      ConsortiumFixture::after(fixture.replay().charters().back(),
                               {padded, fixture.members[1].listed(), fixture.members[2].listed()});
  fixture.append(0, encode(fixture.approved(with_two, Members{0, 1})));
  const ApprovedCharter current = fixture.replay().charters().back();
  REQUIRE(current.charter.number == 3);
  const Charter wanted = ConsortiumFixture::after(current, {padded});
  CharterEntry entry = fixture.approved(wanted, Members{0});
  entry.approvals.push_back(
      approve(second, fixture.members[0].id, approval_namespace::charter, entry.text));
  fixture.append(0, encode(entry));
  CHECK(fixture.replay().charter().number == 3);
  return {last_refusal(fixture)};
}

Shown key_under_another_name() {
  Usurper usurper;
  CharterEntry entry = usurper.approved(usurper.own_charter(), Members{0});
  entry.approvals.push_back(approve(usurper.members[0].authority, usurper.members[1].id,
                                    approval_namespace::charter, entry.text));
  std::ranges::sort(entry.approvals, {}, &Approval::member);
  return usurper.appended(entry);
}

Shown approval_of_another_act() {
  Usurper usurper;
  CharterEntry entry = usurper.approved(usurper.own_charter(), Members{0});
  entry.approvals = usurper.approvals(Members{0, 1}, approval_namespace::device, entry.text);
  return usurper.appended(entry);
}

Shown number_skipped() {
  Usurper usurper;
  Charter charter = usurper.own_charter();
  charter.number = 9;
  return usurper.appended(usurper.approved(charter, Members{0, 1}));
}

Shown two_of_one_number() {
  ConsortiumFixture fixture(3);
  const ApprovedCharter current = fixture.replay().charters().back();
  const std::vector<CharterMember> all{fixture.members[0].listed(), fixture.members[1].listed(),
                                       fixture.members[2].listed()};
  const Charter one = ConsortiumFixture::after(current, all);
  Charter other = one;
  ++other.expires;
  fixture.append(0, encode(fixture.approved(one, Members{0, 1})));
  fixture.append(1, encode(fixture.approved(other, Members{0, 1})));
  CHECK(fixture.replay().charter().number == 2);
  return {last_refusal(fixture)};
}

Shown certificate_of_anothers_device() {
  ConsortiumFixture fixture(2);
  const TestMember& thief = fixture.members[1];
  const std::string text = encode(Certificate{fixture.id(), thief.id, fixture.members[0].keys,
                                              thief.device_name.digest(), test_time});
  fixture.append(1, encode(DeviceEntry{
                        text, approve(thief.authority, thief.id, approval_namespace::device, text),
                        to_bytes("sealed")}));
  return {last_refusal(fixture)};
}

Shown ledger_of_another_consortium() {
  ConsortiumFixture fixture;
  LedgerName name = fixture.founding.ledger;
  name.consortium = fixture.random.fixed<ConsortiumId>();
  fixture.append(0, name, {fixture.founding.entries[0]});
  return {last_refusal(fixture)};
}

Shown grant_approved_by_its_receiver() {
  SharedCollection shared;
  shared.demote(1, {});
  shared.append(1, shared.ledger_of(1, shared.ledger.collection),
                {shared.entry_of(shared.draft(1), {1})});
  CHECK_FALSE(shared.open(1));
  return {last_refusal(shared)};
}

Shown other_envelope() {
  SharedCollection shared;
  auto draft = shared.draft(1);
  draft.envelope =
      seal_envelope(shared.members[1].keys.reading, shared.envelope_keys(), shared.random);
  shared.grant(draft);
  CHECK_FALSE(shared.open(1));
  return {last_refusal(shared)};
}

// The grant says what all others have, and the envelope holds something else.
Shown other_keys() {
  SharedCollection shared;
  auto draft = shared.draft(1);
  shared.envelope_keys().epochs.back().key = EpochKey::generate(shared.random);
  draft.envelope =
      seal_envelope(shared.members[1].keys.reading, shared.envelope_keys(), shared.random);
  draft.grant.envelope = EnvelopeRef::of(draft.envelope);
  shared.grant(draft);
  return {grant_refusal(shared, 1)};
}

Shown grant_moved_to_another_device() {
  SharedCollection shared;
  auto draft = shared.draft(1);
  draft.grant.to = shared.members[2].device();
  shared.grant(draft);
  return {grant_refusal(shared, 2)};
}

Shown granted_after_its_revocation() {
  SharedCollection shared;
  shared.revoke(0, 1, {{shared.ledger.id(), 1}, {shared.ledger_of(0).id(), 2}});
  shared.grant(shared.draft(2));
  return {last_refusal(shared)};
}

Shown revoked_by_a_stranger() {
  SharedCollection shared;
  shared.demote(1, {});
  shared.revoke(2, 1);
  CHECK(shared.replay().is_active(shared.members[2].device()));
  return {last_refusal(shared)};
}

Shown forged_fork() {
  ConsortiumFixture fixture(2);
  ForkEntry forged = fixture.fork_of(0);
  forged.fork.later = forged.fork.earlier;
  fixture.append(1, encode(forged));
  CHECK(fixture.replay().forks().empty());
  return {last_refusal(fixture)};
}

}  // namespace

AttackGroup charter_attacks() {
  return {
      "By charters, grants and certificates",
      "A member of the consortium, with all keys of its own: whatever it writes into its ledger "
      "comes to everybody.",
      {
          {"a charter approved by too few",
           "it takes more than half of both sets of members",
           {shown_as(Refusal::approvals_too_few)},
           too_few_approvals},
          {"an approval given twice",
           "what is counted is members",
           {shown_as(Refusal::approved_twice)},
           one_approval_twice},
          {"approvals with two keys of one member",
           "what is counted is members",
           {shown_as(Refusal::approved_twice)},
           two_keys_of_one_member},
          {"an approval in another member's name",
           "the charter says which keys are whose",
           {shown_as(Refusal::approval_invalid)},
           key_under_another_name},
          {"approvals of another act",
           "each act has a namespace, which is signed",
           {shown_as(Refusal::approval_invalid)},
           approval_of_another_act},
          {"a charter whose number skips some",
           "numbers go up by one",
           {shown_as(Refusal::charter_skipped)},
           number_skipped},
          {"two charters of one number",
           "neither is in force until people choose one",
           {shown_as(Refusal::charter_forked)},
           two_of_one_number},
          {"a certificate for another member's device",
           "it stands in that device's ledger only",
           {shown_as(Refusal::wrong_ledger)},
           certificate_of_anothers_device},
          {"a ledger of another consortium",
           "its origin says so",
           {shown_as(Refusal::other_consortium)},
           ledger_of_another_consortium},
          {"a reader grants to itself",
           "only custodians grant",
           {shown_as(Refusal::approver_unknown)},
           grant_approved_by_its_receiver},
          {"another envelope than was approved",
           "the grant has its hash",
           {shown_as(Refusal::envelope_mismatch)},
           other_envelope},
          {"other keys for one of the readers",
           "the grant commits to the keys that all have",
           {shown_as(Refusal::commitment_mismatch)},
           other_keys},
          {"an envelope handed on to another device",
           "it is sealed to one key",
           {shown_as(Refusal::envelope_unreadable)},
           grant_moved_to_another_device},
          {"a grant written after its device was revoked",
           "a revocation says up to which entry a ledger counts, whatever date is claimed",
           {shown_as(Refusal::device_revoked)},
           granted_after_its_revocation},
          {"a revocation by who is no custodian",
           "only custodians and the device's own member",
           {shown_as(Refusal::approver_unknown)},
           revoked_by_a_stranger},
          {"a fork claimed that is none",
           "the proof has to be one, or nothing is frozen",
           {shown_as(Refusal::proves_nothing)},
           forged_fork},
      }};
}

}  // namespace muniment::test
