// What custodians write, and what follows from it for everybody.
#include "vault/consortium/granting.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/consortium/fixture.hpp"
#include "tests/keyring/errors.hpp"

namespace muniment {
namespace {

using test::ConsortiumFixture;
using test::TestMember;

// Three members, and a collection of the first one.
struct Granting : ConsortiumFixture {
  Granting() : ConsortiumFixture(3) {
    NewCollection wanted;
    wanted.record = record;
    wanted.creator = members[0].device();
    const CollectionFounding made =
        found_collection(replay(), wanted, members[0].authority, random);
    collection = made.ledger.collection;
    append(0, made.ledger, made.entries);
  }

  [[nodiscard]] Custodian custodian(std::size_t member) const {
    return {members[member].id, members[member].authority};
  }
  [[nodiscard]] std::optional<CollectionKeys> keys_of(std::size_t member) {
    const Consortium now = replay();
    return open_collection_keys(now, collection, members[member].device(), members[member].reading);
  }
  [[nodiscard]] std::optional<ErrorCode> grant(std::size_t by, std::size_t to,
                                               Rights rights = Rights::read, bool history = true) {
    return test::error_code([&] {
      const Consortium now = replay();
      append(by, ledger_of(by, collection),
             grant_entries(now, {collection, members[to].device(), rights, history}, *keys_of(by),
                           custodian(by), random));
    });
  }
  // Member `by` revokes the device of member `of`, and begins an epoch without it.
  void revoke(std::size_t by, std::size_t of) {
    const Consortium now = replay();
    append(by, revocation_entry(now, members[of].device(), {}, custodian(by)));
    renew(by);
  }
  void renew(std::size_t by) {
    const Excluded nobody;
    const Consortium now = replay();
    append(by, ledger_of(by, collection),
           epoch_entries(now, {ledger_of(by, collection), nobody, record}, *keys_of(by),
                         custodian(by), random));
  }
  [[nodiscard]] std::uint32_t present_epoch() {
    const Consortium now = replay();
    return now.sealing_epoch(collection).number;
  }

  CollectionRecord record{"letters", false, 1, 1};
  CollectionId collection;
};

TEST_CASE("granting: a grant to read gives the keys of all epochs, one without history of one") {
  Granting shared;
  CHECK_FALSE(shared.keys_of(1));
  shared.renew(0);
  CHECK_FALSE(shared.grant(0, 1));
  CHECK_FALSE(shared.grant(0, 2, Rights::read, false));
  CHECK(shared.keys_of(1)->epochs.size() == 2);
  REQUIRE(shared.keys_of(2)->epochs.size() == 1);
  CHECK(shared.keys_of(2)->epochs.front().number == 2);
  CHECK(shared.refusals().empty());
}

TEST_CASE("granting: who has no history can still read the collection's name") {
  Granting shared;
  shared.renew(0);
  CHECK_FALSE(shared.grant(0, 2, Rights::read, false));
  const Consortium now = shared.replay();
  OpenCollections keys =
      open_all_collections(now, shared.members[2].device(), shared.members[2].reading);
  CHECK(open_names(now, keys).collections.at(shared.collection) == shared.record);
}

TEST_CASE("granting: deposit and replicate carry no envelope and open nothing") {
  Granting shared;
  CHECK_FALSE(shared.grant(0, 1, Rights::deposit));
  CHECK_FALSE(shared.grant(0, 2, Rights::replicate));
  CHECK_FALSE(shared.keys_of(1));
  CHECK_FALSE(shared.keys_of(2));
  CHECK(shared.refusals().empty());
  const Consortium now = shared.replay();
  const auto rights = remaining_grantees(now, shared.collection, {});
  CHECK(rights.at(shared.members[1].device()) == Rights::deposit);
  CHECK(rights.at(shared.members[2].device()) == Rights::replicate);
}

TEST_CASE("granting: nobody grants to a device that was revoked, or that nobody vouches for") {
  Granting shared;
  shared.revoke(0, 2);
  CHECK(shared.grant(0, 2) == ErrorCode::denied);
  const Consortium now = shared.replay();
  CHECK(test::error_code([&] {
          static_cast<void>(grant_entries(now, {shared.collection, DeviceId{}}, *shared.keys_of(0),
                                          shared.custodian(0), shared.random));
        }) == ErrorCode::denied);
}

TEST_CASE("granting: a revocation's epoch is wrapped to all who remain, with their rights") {
  Granting shared;
  CHECK_FALSE(shared.grant(0, 1));
  CHECK_FALSE(shared.grant(0, 2));
  shared.revoke(0, 2);
  CHECK(shared.present_epoch() == 2);
  CHECK(shared.keys_of(0)->epochs.size() == 2);
  CHECK(shared.keys_of(1)->epochs.size() == 2);
  CHECK(shared.keys_of(2)->epochs.size() == 1);
  CHECK(shared.refusals().empty());
}

TEST_CASE("granting: after a revocation alone the collection is stale, and nothing is sealed") {
  Granting shared;
  CHECK_FALSE(shared.grant(0, 2));
  CHECK(stale_collections(shared.replay(), {}).empty());
  const Excluded excluded{shared.members[2].device()};
  CHECK(stale_collections(shared.replay(), excluded) == std::vector{shared.collection});
  shared.append(
      0, revocation_entry(shared.replay(), shared.members[2].device(), {}, shared.custodian(0)));
  CHECK(test::error_code([&] { static_cast<void>(shared.present_epoch()); }) == ErrorCode::denied);
  CHECK(stale_collections(shared.replay(), {}) == std::vector{shared.collection});
}

TEST_CASE("granting: two epochs begun at once end with one that excludes everyone revoked") {
  Granting shared;
  test::TestMember& third = shared.members[2];
  CHECK_FALSE(shared.grant(0, 1));
  CHECK_FALSE(shared.grant(0, 2));
  // Members 0 and 1 exclude different recipients, neither knowing of the other's epoch.
  const Consortium before = shared.replay();
  const auto begin = [&](std::size_t by, const Excluded& excluded) {
    return epoch_entries(before, {shared.ledger_of(by, shared.collection), excluded, shared.record},
                         *shared.keys_of(by), shared.custodian(by), shared.random);
  };
  const auto first = begin(0, {third.device()});
  const auto second = begin(1, {shared.members[0].id});
  shared.append(0, shared.ledger_of(0, shared.collection), first);
  shared.append(1, shared.ledger_of(1, shared.collection), second);
  shared.append(0, revocation_entry(before, third.device(), {}, shared.custodian(0)));
  CHECK(shared.present_epoch() == 2);  // the one without the third member
  CHECK(shared.keys_of(2)->epochs.size() == 2);

  shared.renew(1);
  CHECK(shared.present_epoch() == 3);
  CHECK(shared.keys_of(0)->epochs.size() == 4);
  CHECK(shared.keys_of(2)->epochs.size() == 2);
  // A reader who comes later is given both epochs of number 2, by a grant for each.
  shared.members.emplace_back(shared.random);
  const std::size_t fourth = 3;
  std::vector<CharterMember> listed;
  for (const test::TestMember& member : shared.members) listed.push_back(member.listed());
  const std::vector<std::size_t> all{0, 1, 2, 3};
  shared.append(0, encode(shared.approved(
                       ConsortiumFixture::after(shared.replay().charters().back(), listed), all)));
  shared.append(fourth, shared.certificate_entry(fourth));
  CHECK_FALSE(shared.grant(1, fourth));
  CHECK(shared.keys_of(fourth)->epochs.size() == 4);
  CHECK(shared.refusals().empty());
  // The ledgers tell that it holds them all, as its custodian does.
  const Consortium after = shared.replay();
  const Grantee to = shared.members[fourth].device();
  CHECK(held_epochs(after, shared.collection, to).size() == 4);
  // All but the one that was kept from the first member's recovery words.
  CHECK(shared_epochs(after, shared.collection, {}).size() == 3);
}

TEST_CASE("granting: after the last number there is no further epoch") {
  CHECK(epoch_after(1) == 2);
  const auto code = test::error_code(
      [] { static_cast<void>(epoch_after(std::numeric_limits<std::uint32_t>::max())); });
  CHECK(code == ErrorCode::limit);
}

TEST_CASE(
    "granting: rights that a departed custodian gave are repeated as far as they were known") {
  Granting shared;
  CHECK_FALSE(shared.grant(0, 1));
  CHECK_FALSE(shared.grant(1, 2));
  const LedgerName ledger = shared.ledger_of(1, shared.collection);
  // Whoever writes the charter has no part in the collection, and knows no ledger of it.
  const std::vector listed{shared.members[0].listed(), shared.members[2].listed()};
  const Charter charter = ConsortiumFixture::after(shared.replay().charters().back(), listed);
  shared.append(0, encode(shared.approved(charter, std::vector<std::size_t>{0, 2})));
  const Consortium now = shared.replay();
  const DeviceId& third = shared.members[2].device();
  CHECK_FALSE(remaining_grantees(now, shared.collection, {}).contains(third));
  const LedgerSizes known{{ledger.id(), 1}};
  CHECK(remaining_grantees(now, shared.collection, {}, known).at(third) == Rights::read);
  const LedgerSizes too_late{{ledger.id(), 0}};
  CHECK_FALSE(remaining_grantees(now, shared.collection, {}, too_late).contains(third));

  CHECK(stale_collections(now, {}, known) == std::vector{shared.collection});
  const Excluded nobody;
  shared.append(
      0, shared.ledger_of(0, shared.collection),
      epoch_entries(now, {shared.ledger_of(0, shared.collection), nobody, shared.record, known},
                    *shared.keys_of(0), shared.custodian(0), shared.random));
  const Consortium after = shared.replay();
  CHECK(remaining_grantees(after, shared.collection, {}).at(third) == Rights::read);
  CHECK(stale_collections(after, {}, known).empty());
  CHECK(shared.present_epoch() == 2);
}

TEST_CASE("granting: an epoch for a hundred devices is granted to each, in under 6 KB a grant") {
  Granting shared;
  const std::size_t others = 99;
  for (std::size_t i = 0; i < others; ++i) {
    TestMember& device = shared.members.emplace_back(shared.random);
    device.id = shared.members[0].id;
    const std::string text = encode(Certificate{shared.id(), device.id, device.keys,
                                                device.device_name.digest(), test::test_time});
    shared.append(
        shared.members.size() - 1,
        encode(DeviceEntry{
            text, approve(shared.members[0].authority, device.id, approval_namespace::device, text),
            to_bytes("not opened")}));
  }
  const Consortium now = shared.replay();
  const LedgerName ledger = shared.ledger_of(0, shared.collection);
  std::vector<std::string> grants;
  for (const auto& [id, device] : now.devices()) {
    std::ranges::move(grant_entries(now, {shared.collection, id}, *shared.keys_of(0),
                                    shared.custodian(0), shared.random),
                      std::back_inserter(grants));
  }
  shared.append(0, ledger, grants);
  const Excluded excluded{shared.members.back().device()};
  const auto entries = epoch_entries(shared.replay(), {ledger, excluded, shared.record},
                                     *shared.keys_of(0), shared.custodian(0), shared.random);
  // The epoch; 102 devices but one; the founder's recovery recipient.
  CHECK(entries.size() == 1 + 101 + 1);
  for (const std::string& entry : std::span(entries).subspan(1)) CHECK(entry.size() < 6000);
  MESSAGE("a grant of one epoch has " << entries[1].size() << " bytes");
}

TEST_CASE("granting: who is no custodian cannot, nor one custodian where it takes two") {
  Granting shared;
  Charter charter = ConsortiumFixture::after(
      shared.replay().charters().back(), {shared.members[0].listed(), shared.members[1].listed(),
                                          shared.members[2].listed(Roles().add(Role::reader))});
  charter.thresholds.witness = 2;
  shared.append(0, encode(shared.approved(charter, std::vector<std::size_t>{0, 1, 2})));
  CHECK_FALSE(shared.grant(0, 2));
  CHECK(shared.grant(2, 1) == ErrorCode::denied);
  Charter stricter = ConsortiumFixture::after(shared.replay().charters().back(), charter.members);
  stricter.thresholds.witness = 2;
  stricter.thresholds.grant = 2;
  shared.append(0, encode(shared.approved(stricter, std::vector<std::size_t>{0, 1, 2})));
  CHECK(shared.grant(0, 1) == ErrorCode::denied);
}

}  // namespace
}  // namespace muniment
