// What other ledgers may and may not do to a consortium.
#include <doctest/doctest.h>

#include <limits>

#include "tests/consortium/shared_collection.hpp"
#include "vault/base/error.hpp"

namespace muniment {

using test::ConsortiumFixture;
using test::SharedCollection;
using test::TestMember;

namespace {

using Refusals = std::vector<Refusal>;

// Why nothing opens of what was granted to the member.
Refusals refused_grants(SharedCollection& shared, std::size_t member) {
  RefusedGrants refused;
  CHECK_FALSE(shared.open(member, &refused));
  Refusals result;
  for (const RefusedEntry& entry : refused) {
    CHECK(entry.act == Act::grant);
    CHECK(entry.ledger == shared.ledger.id());
    result.push_back(entry.refusal);
  }
  return result;
}

}  // namespace

TEST_CASE("replay: three members, three devices, and all names for one who may read") {
  ConsortiumFixture fixture(3);
  const Consortium consortium = fixture.replay();
  CHECK(consortium.refused().empty());
  CHECK(consortium.charter().number == 2);
  CHECK(consortium.devices().size() == 3);
  const Names names = open_names(
      consortium,
      open_all_collections(consortium, fixture.members[0].device(), fixture.members[0].reading));
  CHECK(names.members.size() == 3);
  CHECK(names.devices.size() == 3);
  for (const TestMember& member : fixture.members) {
    CHECK(names.members.at(member.id) == member.name.name);
    CHECK(names.devices.at(member.device()) == member.device_name.name);
  }
  CHECK(open_all_collections(consortium, fixture.members[1].device(), fixture.members[1].reading)
            .empty());
}

TEST_CASE("replay: the order in which ledgers are given makes no difference") {
  SharedCollection shared;
  shared.grant(shared.draft(1));
  shared.revoke(2, 1);
  shared.append(1, "muniment/charter/v1\nnonsense 1\n");
  const Consortium forward = shared.replay();
  std::vector<const Ledger*> ledgers;
  for (const Ledger& ledger : shared.opened) ledgers.push_back(&ledger);
  std::ranges::reverse(ledgers);
  const Consortium backward = Consortium::replay(shared.id(), ledgers);
  CHECK(forward.charter() == backward.charter());
  CHECK(forward.devices().size() == backward.devices().size());
  REQUIRE(forward.refused().size() == 1);
  REQUIRE(backward.refused().size() == 1);
  CHECK(forward.refused()[0].ledger == backward.refused()[0].ledger);
  CHECK(forward.refused()[0].refusal == Refusal::malformed);
  CHECK(forward.refused()[0].act == Act::charter);
}

TEST_CASE("replay: unknown acts are counted and give no rights") {
  ConsortiumFixture fixture;
  fixture.append(0, "muniment/amnesty/v1\nfor everybody\n");
  fixture.append(0, "no record at all");
  const Consortium consortium = fixture.replay();
  CHECK(consortium.unknown_acts() == 2);
  CHECK(consortium.refused().empty());
}

TEST_CASE("replay: without charter number 1 there is no consortium") {
  ConsortiumFixture fixture(2);
  const std::vector without{fixture.members[0].device()};
  CHECK_THROWS_AS((void)fixture.replay(without), Error);
}

TEST_CASE("replay: ledgers of another consortium are refused") {
  ConsortiumFixture fixture;
  ConsortiumFixture other;
  LedgerName name = fixture.founding.ledger;
  name.consortium = other.random.fixed<ConsortiumId>();
  fixture.append(0, name, {"muniment/test/v1\n"});
  CHECK(fixture.refusals() == Refusals{Refusal::other_consortium});
}

TEST_CASE("replay: a charter with too few approvals changes nothing") {
  ConsortiumFixture fixture(3);
  const Charter charter =
      ConsortiumFixture::after(fixture.replay().charters().back(), {fixture.members[0].listed()});
  fixture.append(0, encode(fixture.approved(charter, std::vector<std::size_t>{0})));
  CHECK(fixture.refusals() == Refusals{Refusal::approvals_too_few});
  CHECK(fixture.replay().charter().number == 2);
}

TEST_CASE("replay: the same charter again, in another ledger, is no second one") {
  ConsortiumFixture fixture(2);
  fixture.append(1, fixture.founding.entries[0]);
  const Consortium consortium = fixture.replay();
  CHECK(consortium.refused().empty());
  CHECK(consortium.charter().number == 2);
}

TEST_CASE("replay: two charters of one number are both refused while neither was followed") {
  ConsortiumFixture fixture(3);
  const ApprovedCharter current = fixture.replay().charters().back();
  const std::vector<CharterMember> all{fixture.members[0].listed(), fixture.members[1].listed(),
                                       fixture.members[2].listed()};
  Charter one = ConsortiumFixture::after(current, all);
  Charter other = one;
  ++other.expires;
  const std::vector<std::size_t> by{0, 1};
  fixture.append(0, encode(fixture.approved(one, by)));
  CHECK(fixture.replay().charter().number == 3);
  fixture.append(1, encode(fixture.approved(other, by)));
  CHECK(fixture.replay().charter().number == 2);
  CHECK(fixture.refusals() == Refusals{Refusal::charter_forked, Refusal::charter_forked});
}

TEST_CASE("replay: what was adopted stays in force, whoever approves another text of its number") {
  ConsortiumFixture fixture(3);
  const std::vector<CharterRef> adopted = fixture.replay().charter_refs();
  REQUIRE(adopted.size() == 2);
  // The founder alone could approve charter 2, and still has the key.
  Charter rival =
      ConsortiumFixture::after(fixture.replay().charters().front(), {fixture.members[0].listed()});
  fixture.append(0, encode(fixture.approved(rival, std::vector<std::size_t>{0})));
  CHECK(fixture.replay().charter().number == 1);  // for who knows nothing else
  REQUIRE(fixture.replay().charter_forks().size() == 1);
  CHECK_FALSE(fixture.replay().charter_forks()[0].decided);

  const Consortium consortium = fixture.replay({}, adopted);
  CHECK(consortium.charter().members.size() == 3);
  CHECK_FALSE(consortium.missing_charter());
  REQUIRE(consortium.charter_forks().size() == 1);
  CHECK(consortium.charter_forks()[0].decided);
  CHECK(consortium.charter_forks()[0].other.text == encode(rival));
  CHECK(consortium.charter_forks()[0].previous == consortium.charters()[0].text);
  REQUIRE(consortium.refused().size() == 1);
  CHECK(consortium.refused()[0].refusal == Refusal::charter_forked);
  // And the chain goes on.
  const Charter next = ConsortiumFixture::after(
      consortium.charters().back(), {fixture.members[0].listed(), fixture.members[1].listed()});
  fixture.append(1, encode(fixture.approved(next, std::vector<std::size_t>{0, 1})));
  CHECK(fixture.replay({}, adopted).charter().number == 3);
}

TEST_CASE("replay: where an adopted charter is lost, no other takes its place") {
  ConsortiumFixture fixture(2);
  std::vector<CharterRef> adopted = fixture.replay().charter_refs();
  adopted[1].digest = {};
  const Consortium consortium = fixture.replay({}, adopted);
  CHECK(consortium.charter().number == 1);
  REQUIRE(consortium.missing_charter());
  CHECK(consortium.missing_charter()->number == 2);
}

TEST_CASE("replay: a certificate counts only in its device's own ledger, approved by its member") {
  ConsortiumFixture fixture(2);
  // Member 1 cannot claim the device of member 0.
  const TestMember& thief = fixture.members[1];
  const std::string text = encode(Certificate{fixture.id(), thief.id, fixture.members[0].keys,
                                              thief.device_name.digest(), test::test_time});
  const auto claim = [&](const MemberId& approver) {
    return encode(DeviceEntry{text,
                              approve(thief.authority, approver, approval_namespace::device, text),
                              to_bytes("not opened")});
  };
  fixture.append(1, claim(thief.id));
  CHECK(fixture.refusals() == Refusals{Refusal::wrong_ledger});
  CHECK(fixture.replay().devices().at(fixture.members[0].device()).certificate.member ==
        fixture.members[0].id);

  // Nor does one member vouch for another's device.
  ConsortiumFixture second(2);
  const std::string own =
      encode(Certificate{second.id(), second.members[0].id, second.members[0].keys,
                         second.members[0].device_name.digest(), test::test_time + 1});
  second.append(0, encode(DeviceEntry{own,
                                      approve(second.members[1].authority, second.members[1].id,
                                              approval_namespace::device, own),
                                      to_bytes("not opened")}));
  CHECK(second.refusals() == Refusals{Refusal::approver_unknown});
}

TEST_CASE("replay: a device that is certified again under another member stays where it was") {
  SharedCollection shared;
  shared.grant(shared.draft(1));
  shared.revoke(1, 1);
  // The two of them agree: its keys, and the approval of member 2.
  const TestMember& device = shared.members[1];
  const TestMember& other = shared.members[2];
  const std::string text = encode(Certificate{shared.id(), other.id, device.keys,
                                              device.device_name.digest(), test::test_time + 1});
  shared.append(1, encode(DeviceEntry{
                       text, approve(other.authority, other.id, approval_namespace::device, text),
                       to_bytes("not opened")}));
  CHECK(shared.refusals() == Refusals{Refusal::key_of_two_members});
  const Consortium consortium = shared.replay();
  CHECK(consortium.devices().at(device.device()).certificate.member == device.id);
  CHECK_FALSE(consortium.is_active(device.device()));
}

TEST_CASE("replay: ledgers of devices that nobody certified count for nothing") {
  SharedCollection shared;
  shared.members.emplace_back(shared.random);
  shared.append(3, shared.ledger_of(3, shared.ledger.collection),
                {encode(shared.epoch_entry()), shared.entry_of(shared.draft(3), {0})});
  CHECK(shared.refusals() == Refusals{Refusal::unknown_device, Refusal::unknown_device});
  CHECK_FALSE(shared.open(3));
}

TEST_CASE("replay: a collection belongs to the device whose id it follows from") {
  SharedCollection shared;
  const auto ledger = Ledger::find(shared.files, "ledgers", shared.ledger,
                                   shared.keys_of_ledgers.at(shared.ledger));
  shared.append(1, shared.ledger_of(1, shared.ledger.collection), {ledger->entry(0)});
  CHECK(shared.refusals() == Refusals{Refusal::wrong_id});
  const Consortium consortium = shared.replay();
  CHECK(consortium.collections().at(shared.ledger.collection).record->ledger == shared.ledger);
}

TEST_CASE("replay: acts of the built-in collection count nowhere else, nor those of another") {
  SharedCollection shared;
  shared.append(0, shared.ledger, {shared.founding.entries[0], shared.founding.entries[3]});
  CHECK(shared.refusals() == Refusals{Refusal::wrong_ledger, Refusal::wrong_ledger});
}

TEST_CASE("replay: a fork that is proved freezes the ledger, and nobody can claim one") {
  ConsortiumFixture fixture(2);
  const ForkEntry proof = fixture.fork_of(0);
  ForkEntry lie = proof;
  lie.fork.later = lie.fork.earlier;
  ForkEntry other = proof;
  other.keys = fixture.members[1].keys;
  for (const ForkEntry& entry : {lie, other}) fixture.append(1, encode(entry));
  CHECK(fixture.refusals() == Refusals{Refusal::proves_nothing, Refusal::proves_nothing});
  CHECK(fixture.replay().forks().empty());
  fixture.append(1, encode(proof));
  CHECK(fixture.refusals().size() == 2);
  const Consortium consortium = fixture.replay();
  REQUIRE(consortium.forks().size() == 1);
  CHECK(consortium.forks().begin()->second == fixture.ledger_of(0));
  // What it says up to here still counts.
  CHECK(consortium.charter().number == 2);
}

TEST_CASE("grant: opens the collection to a device, with its history or without") {
  SharedCollection shared;
  CHECK_FALSE(shared.open(1));
  shared.grant(shared.draft(1));
  shared.begin_epoch(0);
  shared.grant(shared.draft(1));
  auto draft = shared.draft(2);
  std::vector<EnvelopeKeys> present;
  present.push_back({shared.id(),
                     shared.ledger.collection,
                     shared.envelope_keys().id_key.clone(),
                     shared.envelope_keys().chunker_key.clone(),
                     {}});
  present[0].epochs.push_back({2, shared.envelope_keys().epochs[1].key.clone()});
  draft.envelope = seal_envelope(shared.members[2].keys.reading, present[0], shared.random);
  draft.grant.envelope = EnvelopeRef::of(draft.envelope);
  draft.grant.history = false;
  shared.grant(draft);
  CHECK(shared.refusals().empty());
  const auto with_history = shared.open(1);
  const auto without = shared.open(2);
  REQUIRE(with_history);
  REQUIRE(without);
  CHECK(with_history->epochs.size() == 2);
  CHECK(with_history->epochs[0].number == 1);
  REQUIRE(without->epochs.size() == 1);
  CHECK(without->epochs[0].commitment == with_history->epochs[1].commitment);
}

TEST_CASE("grant: one without history that holds more than its epoch is refused") {
  SharedCollection shared;
  shared.begin_epoch(0);
  auto draft = shared.draft(1);
  draft.grant.history = false;
  shared.grant(draft);
  CHECK(refused_grants(shared, 1) == Refusals{Refusal::commitment_mismatch});
}

TEST_CASE("grant: an envelope that is not the approved one is refused") {
  SharedCollection shared;
  auto draft = shared.draft(1);
  draft.envelope = shared.draft(1).envelope;
  shared.grant(draft);
  draft = shared.draft(1);
  draft.envelope.clear();
  shared.grant(draft);
  CHECK(shared.refusals() == Refusals{Refusal::envelope_mismatch, Refusal::envelope_mismatch});
  CHECK_FALSE(shared.open(1));
}

TEST_CASE("grant: an epoch that is not known, or with another public key, is refused") {
  SharedCollection shared;
  auto draft = shared.draft(1);
  draft.grant.commitment = {};
  shared.grant(draft);
  draft = shared.draft(1);
  draft.grant.epoch = 2;
  shared.grant(draft);
  draft = shared.draft(1);
  draft.grant.epoch_key = {};
  shared.grant(draft);
  CHECK(shared.refusals() ==
        Refusals{Refusal::unknown_epoch, Refusal::unknown_epoch, Refusal::epoch_key_mismatch});
}

TEST_CASE("grant: an envelope with another epoch key than the one committed to is refused") {
  SharedCollection shared;
  auto draft = shared.draft(1);
  auto& epochs = shared.envelope_keys().epochs;
  epochs[0].key = EpochKey::generate(shared.random);
  draft.envelope =
      seal_envelope(shared.members[1].keys.reading, shared.envelope_keys(), shared.random);
  draft.grant.envelope = EnvelopeRef::of(draft.envelope);
  shared.grant(draft);
  CHECK(shared.refusals().empty());  // nobody but the recipient can see it
  RefusedGrants refused;
  CHECK_FALSE(shared.open(1, &refused));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].refusal == Refusal::commitment_mismatch);
  CHECK(refused[0].ledger == shared.ledger.id());
  CHECK(refused[0].index == 4);
}

TEST_CASE("grant: an envelope with another id key or chunker key is refused as well") {
  for (const bool id_key : {true, false}) {
    SharedCollection shared;
    auto draft = shared.draft(1);
    EnvelopeKeys& keys = shared.envelope_keys();
    if (id_key) keys.id_key = IdKey::generate(shared.random);
    if (!id_key) keys.chunker_key = ChunkerKey::generate(shared.random);
    draft.envelope = seal_envelope(shared.members[1].keys.reading, keys, shared.random);
    draft.grant.envelope = EnvelopeRef::of(draft.envelope);
    shared.grant(draft);
    CHECK(refused_grants(shared, 1) == Refusals{Refusal::commitment_mismatch});
  }
}

TEST_CASE("grant: an epoch whose entry lies about its public key is refused by its readers") {
  SharedCollection shared;
  auto& epochs = shared.envelope_keys().epochs;
  epochs.push_back({2, EpochKey::generate(shared.random)});
  EpochEntry lie = shared.epoch_entry();
  const auto elsewhere = EpochKey::generate(shared.random);
  lie.public_key = public_key(epoch_secret_key(elsewhere));
  shared.append(0, shared.ledger, {encode(lie)});
  auto draft = shared.draft(1);
  draft.grant.epoch_key = epoch_key_digest(lie.public_key);
  shared.grant(draft);
  CHECK(shared.refusals().empty());
  CHECK(refused_grants(shared, 1) == Refusals{Refusal::epoch_key_mismatch});
}

TEST_CASE("grant: two public keys for one commitment dispute it, and nothing is sealed to it") {
  SharedCollection shared;
  shared.begin_epoch(0);
  shared.grant(shared.draft(1));
  EpochEntry lie = shared.epoch_entry();
  const auto elsewhere = EpochKey::generate(shared.random);
  lie.public_key = public_key(epoch_secret_key(elsewhere));
  shared.append(2, shared.ledger_of(2, shared.ledger.collection), {encode(lie)});
  CHECK(shared.refusals() == Refusals{Refusal::epoch_disputed, Refusal::epoch_disputed});
  CHECK_THROWS_AS((void)shared.replay().sealing_epoch(shared.ledger.collection), Error);
  CHECK(shared.open(1));  // what is sealed already still opens
}

TEST_CASE("grant: an envelope for another device, consortium or collection is refused") {
  SharedCollection shared;
  auto draft = shared.draft(1);
  draft.grant.to = shared.members[2].device();
  shared.grant(draft);
  CHECK(refused_grants(shared, 2) == Refusals{Refusal::envelope_unreadable});
  EnvelopeKeys& keys = shared.envelope_keys();
  keys.consortium = {};
  draft = shared.draft(1);
  draft.envelope = seal_envelope(shared.members[1].keys.reading, keys, shared.random);
  keys.consortium = shared.id();
  Grant terms = shared.draft(1).grant;
  terms.envelope = EnvelopeRef::of(draft.envelope);
  draft.grant = terms;
  shared.grant(draft);
  CHECK(refused_grants(shared, 1) == Refusals{Refusal::other_consortium});
}

TEST_CASE("grant: a bad one does not close what a good one opened") {
  SharedCollection shared;
  auto bad = shared.draft(1);
  bad.envelope =
      seal_envelope(shared.members[2].keys.reading, shared.envelope_keys(), shared.random);
  bad.grant.envelope = EnvelopeRef::of(bad.envelope);
  shared.grant(bad);
  shared.grant(shared.draft(1));
  RefusedGrants refused;
  CHECK(shared.open(1, &refused));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].refusal == Refusal::envelope_unreadable);
}

TEST_CASE("grant: one that does not open closes no other collection") {
  SharedCollection shared;
  auto bad = shared.draft(1);
  bad.envelope = to_bytes("no envelope");
  bad.grant.envelope = EnvelopeRef::of(bad.envelope);
  shared.grant(bad);
  const Consortium consortium = shared.replay();
  const auto names =
      grant_entries(consortium, {consortium_collection, shared.members[1].device()},
                    *open_collection_keys(consortium, consortium_collection,
                                          shared.members[0].device(), shared.members[0].reading),
                    {shared.members[0].id, shared.members[0].authority}, shared.random);
  shared.append(0, shared.ledger_of(0), names);
  RefusedGrants refused;
  const OpenCollections opened = open_all_collections(shared.replay(), shared.members[1].device(),
                                                      shared.members[1].reading, &refused);
  CHECK(opened.size() == 1);
  CHECK(opened.contains(consortium_collection));
  CHECK(refused.size() == 1);
}

TEST_CASE("grant: a custodian who begins an epoch with other id keys takes nothing from a reader") {
  // Whichever of the two ledgers is read first.
  for (const std::size_t hostile : {std::size_t{1}, std::size_t{2}}) {
    SharedCollection shared;
    const std::size_t reader = 3 - hostile;
    shared.grant(shared.draft(reader));
    EnvelopeKeys& keys = shared.envelope_keys();
    keys.id_key = IdKey::generate(shared.random);
    keys.epochs.clear();
    keys.epochs.push_back({2, EpochKey::generate(shared.random)});
    const auto draft = shared.draft(reader);
    shared.append(hostile, shared.ledger_of(hostile, shared.ledger.collection),
                  {encode(shared.epoch_entry()), shared.entry_of(draft, {hostile})});
    CHECK(shared.refusals().empty());
    RefusedGrants refused;
    const auto opened = shared.open(reader, &refused);
    REQUIRE(opened);
    REQUIRE(opened->epochs.size() == 1);
    CHECK(opened->epochs[0].number == 1);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].refusal == Refusal::commitment_mismatch);
  }
}

TEST_CASE("grant: must be approved by enough custodians, one of them its writer") {
  SharedCollection shared;
  const auto text = [&](auto change) {
    auto draft = shared.draft(1);
    change(draft.grant);
    return draft;
  };
  shared.grant(text([](Grant& grant) { grant.charter.number = 9; }));
  shared.grant(text([](Grant& grant) { grant.charter.digest = {}; }));
  shared.grant(text([](Grant& grant) { grant.consortium = {}; }));
  shared.grant(text([](Grant& grant) { grant.collection = {}; }));
  shared.grant(shared.draft(1), {1});
  auto draft = shared.draft(1);
  const std::string terms = encode(draft.grant);
  const std::vector<std::size_t> by{0};
  const auto entry = [&](std::string_view name_space, std::string_view signed_text) {
    return encode(GrantEntry{terms, shared.approvals(by, name_space, signed_text), draft.envelope});
  };
  shared.append(0, shared.ledger, {entry(approval_namespace::device, terms)});
  shared.append(0, shared.ledger, {entry(approval_namespace::grant, terms + "x")});
  const std::vector<std::size_t> twice{0, 0};
  shared.append(0, shared.ledger,
                {encode(GrantEntry{terms, shared.approvals(twice, approval_namespace::grant, terms),
                                   draft.envelope})});
  CHECK(shared.refusals() == Refusals{Refusal::unknown_charter, Refusal::unknown_charter,
                                      Refusal::other_consortium, Refusal::other_consortium,
                                      Refusal::not_custodian, Refusal::approval_invalid,
                                      Refusal::approval_invalid, Refusal::approved_twice});
  CHECK_FALSE(shared.open(1));
}

TEST_CASE("grant: a charter's threshold for grants is kept, and only custodians count") {
  SharedCollection shared;
  Charter charter = ConsortiumFixture::after(
      shared.replay().charters().back(), {shared.members[0].listed(), shared.members[1].listed(),
                                          shared.members[2].listed(Roles().add(Role::reader))});
  charter.thresholds.grant = 2;
  charter.thresholds.witness = 2;
  shared.append(0, encode(shared.approved(charter, std::vector<std::size_t>{0, 1})));
  REQUIRE(shared.replay().charter().number == 3);
  auto draft = shared.draft(1);
  shared.grant(draft, {0});
  shared.grant(draft, {0, 2});
  CHECK(shared.refusals() == Refusals{Refusal::approvals_too_few, Refusal::approver_unknown});
  shared.grant(draft, {0, 1});
  CHECK(shared.refusals().size() == 2);
  CHECK(shared.open(1));
}

TEST_CASE("epoch: only a custodian begins one") {
  SharedCollection shared;
  Charter charter =
      ConsortiumFixture::after(shared.replay().charters().back(),
                               {shared.members[0].listed(), shared.members[1].listed(),
                                shared.members[2].listed(Roles().add(Role::contributor))});
  charter.thresholds.witness = 2;
  shared.append(0, encode(shared.approved(charter, std::vector<std::size_t>{0, 1})));
  shared.begin_epoch(2);
  CHECK(shared.refusals() == Refusals{Refusal::not_custodian});
}

TEST_CASE(
    "epoch: its number is not far above those that were reached, so that they do not run out") {
  SharedCollection shared;
  auto& epochs = shared.envelope_keys().epochs;
  const auto begin = [&](std::uint32_t number) {
    epochs.push_back({number, EpochKey::generate(shared.random)});
    shared.append(0, shared.ledger, {encode(shared.epoch_entry())});
  };
  begin(std::numeric_limits<std::uint32_t>::max());
  begin(2 + epoch_gap_max);
  CHECK(shared.refusals() == Refusals{Refusal::epoch_skipped, Refusal::epoch_skipped});
  // What is behind a gap counts, in whatever order it stands: a ledger between may be lost.
  begin(1 + 2 * epoch_gap_max);
  CHECK(shared.refusals().size() == 3);
  begin(1 + epoch_gap_max);
  CHECK(shared.refusals() == Refusals{Refusal::epoch_skipped});
}

TEST_CASE("epoch: the first of a collection is begun by its creator") {
  SharedCollection shared;
  EnvelopeKeys& keys = shared.envelope_keys();
  keys.epochs.clear();
  keys.epochs.push_back({1, EpochKey::generate(shared.random)});
  shared.append(1, shared.ledger_of(1, shared.ledger.collection), {encode(shared.epoch_entry())});
  CHECK(shared.refusals() == Refusals{Refusal::wrong_ledger});
}

TEST_CASE("revocation: nothing is sealed to an epoch that a revoked device can read") {
  SharedCollection shared;
  shared.grant(shared.draft(1));
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 1);
  shared.revoke(1, 0);
  CHECK_FALSE(shared.replay().is_active(shared.members[1].device()));
  try {
    (void)shared.replay().sealing_epoch(shared.ledger.collection);
    FAIL("sealed");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::denied);
    CHECK_FALSE(error.hint().empty());
  }
  shared.begin_epoch(0);
  shared.grant(shared.draft(0));
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
}

TEST_CASE("revocation: what the device wrote later gives no rights, what it wrote before does") {
  SharedCollection shared;
  const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
  shared.append(1, ledger, {shared.entry_of(shared.draft(2), {1})});
  shared.append(1, ledger, {shared.entry_of(shared.draft(1), {1})});
  CHECK(shared.rights() == shared.of({0, 1, 2}));
  shared.revoke(1, 0, {{ledger.id(), 1}, {shared.ledger_of(1).id(), 1}});
  CHECK(shared.refusals() == Refusals{Refusal::device_revoked});
  CHECK(shared.rights() == shared.of({0, 2}));
  // The strictest of several holds; a ledger that is not named counts for nothing more.
  shared.revoke(1, 2, {{shared.ledger_of(1).id(), 1}});
  CHECK(shared.refusals().empty());
  CHECK(shared.rights() == shared.of({0}));
}

TEST_CASE("revocation: whatever it says, what was sealed stays readable") {
  SharedCollection shared;
  shared.grant(shared.draft(1));
  shared.begin_epoch(0);
  shared.grant(shared.draft(1));
  shared.grant(shared.draft(2));
  shared.revoke(0, 2, {{shared.ledger.id(), 0}, {shared.ledger_of(0).id(), 0}});
  CHECK(shared.open(1)->epochs.size() == 2);
  CHECK(shared.open(2)->epochs.size() == 2);
  const Consortium consortium = shared.replay();
  CHECK(consortium.collections().at(shared.ledger.collection).record);
  // But nothing is sealed to what counts no more, and it gives nobody a right.
  CHECK_THROWS_AS((void)consortium.sealing_epoch(shared.ledger.collection), Error);
  CHECK(shared.rights().empty());
}

TEST_CASE("revocation: only its own member or a custodian revokes a device") {
  SharedCollection shared;
  Charter charter = ConsortiumFixture::after(
      shared.replay().charters().back(),
      {shared.members[0].listed(), shared.members[1].listed(Roles().add(Role::reader)),
       shared.members[2].listed(Roles().add(Role::reader))});
  charter.thresholds.witness = 1;
  shared.append(0, encode(shared.approved(charter, std::vector<std::size_t>{0, 1})));
  REQUIRE(shared.replay().charter().number == 3);
  const auto revoke = [&](std::size_t member, std::size_t by) {
    const std::string text =
        encode(Revocation{shared.id(), shared.charter_ref(), shared.members[member].device(), {}});
    shared.append(by, encode(RevocationEntry{
                          text, approve(shared.members[by].authority, shared.members[by].id,
                                        approval_namespace::revoke, text)}));
  };
  revoke(2, 1);
  CHECK(shared.refusals() == Refusals{Refusal::approver_unknown});
  CHECK(shared.replay().is_active(shared.members[2].device()));
  revoke(1, 1);
  CHECK_FALSE(shared.replay().is_active(shared.members[1].device()));
  revoke(2, 0);
  CHECK_FALSE(shared.replay().is_active(shared.members[2].device()));
}

TEST_CASE("revocation: two custodians who revoke each other at once both succeed") {
  SharedCollection shared;
  shared.revoke(1, 2);
  shared.revoke(2, 1);
  const Consortium consortium = shared.replay();
  CHECK_FALSE(consortium.is_active(shared.members[1].device()));
  CHECK_FALSE(consortium.is_active(shared.members[2].device()));
}

TEST_CASE("departure: what a member granted before it left counts, and nothing later") {
  SharedCollection shared;
  const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
  shared.append(1, ledger, {shared.entry_of(shared.draft(2), {1})});
  auto late = shared.draft(1);  // names charter 2, as anybody can who once was in it
  shared.leave(1, {{ledger.id(), 1}});
  CHECK_FALSE(shared.replay().is_active(shared.members[1].device()));
  shared.append(1, ledger, {shared.entry_of(late, {1})});
  CHECK(shared.refusals() == Refusals{Refusal::member_departed});
  CHECK(shared.rights() == shared.of({0, 2}));
  CHECK(shared.open(2));
  auto draft = shared.draft(1);
  shared.append(1, ledger, {shared.entry_of(draft, {1})});  // charter 3 does not know the member
  CHECK(shared.refusals() == Refusals{Refusal::member_departed, Refusal::approver_unknown});
}

TEST_CASE(
    "departure: an epoch begun after it is known to its readers, and nothing is sealed to it") {
  for (const bool named : {true, false}) {
    CAPTURE(named);
    SharedCollection shared;
    const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
    auto& epochs = shared.envelope_keys().epochs;
    epochs.push_back({2, EpochKey::generate(shared.random)});
    const EpochEntry late = shared.epoch_entry();
    auto draft = shared.draft(2);
    shared.leave(1, named ? LedgerSizes{{ledger.id(), 0}} : LedgerSizes{});
    shared.append(1, ledger, {encode(late), shared.entry_of(draft, {1})});
    CHECK(shared.refusals().size() == (named ? 2 : 0));
    CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 1);
    CHECK(shared.rights() == shared.of({0}));
    CHECK(shared.open(2)->epochs.size() == 2);
  }
}

TEST_CASE("departure: a custodian who becomes a reader keeps the epochs of its time") {
  SharedCollection shared;
  const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
  shared.grant(shared.draft(1));
  shared.begin_epoch(1);
  shared.append(1, ledger, {shared.entry_of(shared.draft(0), {1})});
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
  shared.demote(1, {{ledger.id(), 2}});
  CHECK(shared.refusals().empty());
  CHECK(shared.replay().is_active(shared.members[1].device()));
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
  // Afterwards it begins none, under whatever charter.
  const EpochEntry entry = shared.epoch_entry();
  EpochEntry under_old = entry;
  under_old.charter = shared.replay().charters()[1].ref();
  under_old.number = 3;
  EpochEntry under_new = entry;
  under_new.number = 3;
  shared.append(1, ledger, {encode(under_old), encode(under_new)});
  CHECK(shared.refusals() == Refusals{Refusal::member_departed, Refusal::not_custodian});
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
}

TEST_CASE(
    "departure: who is made a custodian again writes under that charter, not under the first") {
  SharedCollection shared;
  const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
  const auto under_first = shared.draft(1);
  shared.demote(1, {{ledger.id(), 0}});
  Charter again = ConsortiumFixture::after(
      shared.replay().charters().back(),
      {shared.members[0].listed(), shared.members[1].listed(), shared.members[2].listed()});
  shared.append(0, encode(shared.approved(again, std::vector<std::size_t>{0, 1, 2})));
  REQUIRE(shared.replay().charter().number == 4);
  shared.append(1, ledger, {shared.entry_of(under_first, {1})});
  CHECK(shared.refusals() == Refusals{Refusal::member_departed});
  shared.append(1, ledger, {shared.entry_of(shared.draft(2), {1})});
  CHECK(shared.refusals().size() == 1);
  CHECK(shared.rights() == shared.of({0, 2}));
}

TEST_CASE("departure: two custodians at once, of whom one departs by what the other adopts") {
  SharedCollection shared;
  const LedgerName ledger = shared.ledger_of(1, shared.ledger.collection);
  shared.grant(shared.draft(1));
  shared.grant(shared.draft(2));
  // Member 1 begins an epoch, without the recovery words of the others, while they demote it. They
  // know its ledger up to the epoch and not its second grant.
  shared.begin_epoch(1);
  shared.append(1, ledger, {shared.entry_of(shared.draft(0), {1})});
  shared.append(1, ledger, {shared.entry_of(shared.draft(2), {1})});
  shared.demote(1, {{ledger.id(), 2}});
  CHECK(shared.refusals() == Refusals{Refusal::member_departed});
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
  CHECK(shared.open(2)->epochs.size() == 2);
}

TEST_CASE("departure: a member's new device and its revocations count for nothing afterwards") {
  SharedCollection shared;
  shared.leave(1, {{shared.ledger_of(1).id(), 1}});
  const CharterRef before = shared.replay().charters()[1].ref();
  const std::string text = encode(Revocation{shared.id(), before, shared.members[2].device(), {}});
  const std::string entry =
      encode(RevocationEntry{text, approve(shared.members[1].authority, shared.members[1].id,
                                           approval_namespace::revoke, text)});
  shared.append(1, entry);
  CHECK(shared.refusals() == Refusals{Refusal::member_departed});
  // Another's ledger is no place for it, nor one of a device that came later.
  shared.append(0, entry);
  TestMember& device = shared.members.emplace_back(shared.random);
  device.id = shared.members[1].id;
  const std::string certificate =
      encode(Certificate{shared.id(), device.id, device.keys, device.device_name.digest(), 1});
  shared.append(3, encode(DeviceEntry{certificate,
                                      approve(shared.members[1].authority, device.id,
                                              approval_namespace::device, certificate),
                                      to_bytes("not opened")}));
  shared.append(3, entry);
  const Consortium consortium = shared.replay();
  CHECK(consortium.is_active(shared.members[2].device()));
  CHECK(consortium.devices().at(device.device()).departed);
  CHECK(shared.refusals().size() == 3);
}

TEST_CASE("departure: a key that a member gave up vouches for nothing afterwards") {
  SharedCollection shared;
  const TestMember& member = shared.members[1];
  const auto fresh = test::AuthorityKey::generate(shared.random);
  CharterMember changed = member.listed();
  changed.keys = {{SshKeyKind::ed25519, verify_key(fresh), {}}};
  Charter charter =
      ConsortiumFixture::after(shared.replay().charters().back(),
                               {shared.members[0].listed(), changed, shared.members[2].listed()});
  REQUIRE(charter.departed.contains(member.id));
  charter.departed[member.id] = {{shared.ledger_of(1).id(), 1}};
  const CharterEntry entry = shared.approved(charter, std::vector<std::size_t>{0, 2});
  shared.append(0, encode(entry));
  REQUIRE(shared.replay().charter().number == 3);
  // The device that it had stays; one that the old key vouches for from now on does not count.
  CHECK(shared.replay().is_active(member.device()));
  TestMember& stolen = shared.members.emplace_back(shared.random);
  const TestMember& owner = shared.members[1];
  stolen.id = owner.id;
  const auto certify = [&](const test::AuthorityKey& key) {
    const std::string text =
        encode(Certificate{shared.id(), stolen.id, stolen.keys, stolen.device_name.digest(), 1});
    return encode(DeviceEntry{text, approve(key, stolen.id, approval_namespace::device, text),
                              to_bytes("not opened")});
  };
  shared.append(3, certify(owner.authority));
  CHECK_FALSE(shared.replay().is_active(stolen.device()));
  shared.append(3, certify(fresh));
  CHECK(shared.replay().is_active(stolen.device()));
  shared.append(3, certify(owner.authority));
  CHECK(shared.replay().is_active(stolen.device()));
  CHECK(shared.refusals() == Refusals{Refusal::member_departed});
}

TEST_CASE("departure: who lost its say cannot make a new epoch look as if it could be read") {
  SharedCollection shared;
  shared.grant(shared.draft(1));
  const auto old = shared.replay().charters()[1].ref();
  shared.leave(1, {});
  shared.begin_epoch(0);
  shared.grant(shared.draft(0));
  auto draft = shared.draft(1);
  draft.grant.charter = old;
  shared.append(1, shared.ledger_of(1, shared.ledger.collection), {shared.entry_of(draft, {1})});
  CHECK(shared.replay().sealing_epoch(shared.ledger.collection).number == 2);
}

}  // namespace muniment
