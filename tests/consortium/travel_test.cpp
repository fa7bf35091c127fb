// What a device says of its journeys, and what it keeps for itself.
#include "vault/consortium/travel.hpp"

#include <doctest/doctest.h>

#include "tests/consortium/fixture.hpp"
#include "tests/keyring/errors.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/consortium/deposit.hpp"
#include "vault/consortium/granting.hpp"

namespace muniment {
namespace {

using test::ConsortiumFixture;

// Two members, and a collection of the first that both read.
struct Travelling : ConsortiumFixture {
  Travelling() : ConsortiumFixture(2) {
    NewCollection wanted;
    wanted.record.name = "letters";
    wanted.creator = members[0].device();
    const CollectionFounding made =
        found_collection(replay(), wanted, members[0].authority, random);
    collection = made.ledger.collection;
    append(0, made.ledger, made.entries);
    append(0, made.ledger,
           grant_entries(replay(), {collection, members[1].device()}, *keys_of(0), custodian(),
                         random));
  }

  [[nodiscard]] Custodian custodian() const { return {members[0].id, members[0].authority}; }
  [[nodiscard]] std::optional<CollectionKeys> keys_of(std::size_t member) {
    return keys_of(member, members[member].reading);
  }
  [[nodiscard]] std::optional<CollectionKeys> keys_of(std::size_t member,
                                                      const ReadingSecretKey& reading) {
    return open_collection_keys(replay(), collection, members[member].device(), reading);
  }
  // Member 1's device travels without the collection, says the ledger of `by`.
  void depart(std::size_t by = 1) {
    append(by, encode(TravelEntry{id(), members[1].device(), test_time() + 100, {collection}}));
  }
  void come_back(std::size_t by = 1) {
    append(by, encode(ReturnedEntry{id(), members[1].device(), test_time() + 50}));
  }
  [[nodiscard]] static UnixSeconds test_time() { return test::test_time; }
  [[nodiscard]] bool is_left_behind() {
    return replay().is_left_behind(collection, members[1].device());
  }

  CollectionId collection;
};

TEST_CASE("travel: the entries are the golden ones, and strict") {
  test::FixedRandom random(33);
  const auto check = [](const std::string& name, const std::string& text, auto decode) {
    CAPTURE(name);
    CHECK(test::matches_golden("consortium/" + name + ".txt", as_bytes(text)));
    test::check_strict_text(text, decode);
  };
  const auto consortium = random.fixed<ConsortiumId>();
  const auto device = random.fixed<DeviceId>();
  const auto collection = random.fixed<CollectionId>();
  check("travel_entry",
        encode(TravelEntry{
            consortium, device, 1'800'000'000, {collection, random.fixed<CollectionId>()}}),
        [](std::string_view text) { return decode_travel_entry(text); });
  check("returned_entry", encode(ReturnedEntry{consortium, device, 1'790'000'000}),
        [](std::string_view text) { return decode_returned_entry(text); });
  check("rewrap_entry", encode(RewrapEntry{collection, random.bytes(99)}),
        [](std::string_view text) { return decode_rewrap_entry(text); });
  CHECK_FALSE(decode_travel_entry(encode(TravelEntry{consortium, device, 1, {}})));
}

TEST_CASE("travel: a journey lasts from the device's own word to its return") {
  Travelling sample;
  CHECK_FALSE(sample.is_left_behind());
  sample.come_back();  // from none
  sample.depart();
  CHECK(sample.is_left_behind());
  CHECK(sample.refusals().empty());
  sample.come_back();
  CHECK_FALSE(sample.is_left_behind());
  sample.depart();
  CHECK(sample.is_left_behind());

  Travelling other;
  other.depart(0);
  CHECK_FALSE(other.is_left_behind());
  CHECK(other.refusals() == std::vector{Refusal::wrong_ledger});
}

TEST_CASE("travel: whoever travels without a collection is given none of its keys") {
  Travelling sample;
  sample.depart();
  const Consortium now = sample.replay();
  const Grantee traveller = sample.members[1].device();
  CHECK_FALSE(remaining_grantees(now, sample.collection, {}).contains(traveller));
  const auto refused = test::error_of([&] {
    static_cast<void>(grant_entries(now, {sample.collection, traveller}, *sample.keys_of(0),
                                    sample.custodian(), sample.random));
  });
  REQUIRE(refused);
  CHECK(refused->code() == ErrorCode::denied);
  CHECK(std::string_view(refused->what()).find("travels without") != std::string_view::npos);
  // Nor does it hold anything for others meanwhile.
  CHECK(other_holders(now, sample.collection, *sample.keys_of(0), sample.members[0].device()) ==
        std::vector<Grantee>{sample.members[0].id});
}

TEST_CASE("travel: a device opens what it sealed to itself, and nobody else's keys by that way") {
  Travelling sample;
  const auto reading = ReadingSecretKey::generate(sample.random);
  sample.append(1,
                encode(TravelEntry{sample.id(), sample.members[1].device(), 1, {CollectionId{}}}));
  CHECK_FALSE(sample.keys_of(1, reading));
  const std::vector<std::string> kept = rewrap_entries(
      sample.replay(), sample.collection, *sample.keys_of(1), public_key(reading), sample.random);
  CHECK(kept.size() == 1);
  sample.append(1, sample.ledger_of(1, sample.collection), kept);
  const auto keys = sample.keys_of(1, reading);
  REQUIRE(keys);
  CHECK(keys->epochs.size() == 1);
  CHECK(equal_constant_time(keys->id_key.view(), sample.keys_of(0)->id_key.view()));

  // Keys of somebody's own making, which no epoch commits to.
  Travelling forged;
  EnvelopeKeys made{forged.id(),
                    forged.collection,
                    IdKey::generate(forged.random),
                    ChunkerKey::generate(forged.random),
                    {}};
  made.epochs.push_back({1, EpochKey::generate(forged.random)});
  forged.append(1, forged.ledger_of(1, forged.collection),
                {encode(RewrapEntry{forged.collection,
                                    seal_envelope(public_key(reading), made, forged.random)})});
  forged.append(1,
                encode(TravelEntry{forged.id(), forged.members[1].device(), 1, {CollectionId{}}}));
  CHECK_FALSE(forged.keys_of(1, reading));
  // In another device's ledger it is that device's.
  forged.append(0, forged.ledger_of(0, forged.collection), kept);
  CHECK_FALSE(forged.keys_of(1, reading));
}

TEST_CASE("travel: a certificate with another reading key is the same device's") {
  Travelling sample;
  const DeviceId device = sample.members[1].device();
  const auto reading = ReadingSecretKey::generate(sample.random);
  sample.members[1].keys.reading = public_key(reading);
  CHECK(sample.members[1].device() == device);
  sample.append(1, sample.certificate_entry(1));
  CHECK(sample.refusals().empty());
  const Consortium now = sample.replay();
  CHECK(now.devices().at(device).certificate.keys.reading == public_key(reading));
  // What is granted from now on is sealed to it.
  sample.append(0, sample.ledger_of(0, sample.collection),
                grant_entries(now, {sample.collection, device}, *sample.keys_of(0),
                              sample.custodian(), sample.random));
  CHECK(sample.keys_of(1, reading));
}

TEST_CASE(
    "deposit: a grant's label opens for its device alone, and only where no right to read is") {
  Travelling sample;
  const DeviceId device = sample.members[1].device();
  CHECK(find_deposits(sample.replay(), device, sample.members[1].reading).empty());
  NewCollection wanted;
  wanted.record.name = "tips";
  wanted.creator = sample.members[0].device();
  const CollectionFounding made =
      found_collection(sample.replay(), wanted, sample.members[0].authority, sample.random);
  sample.append(0, made.ledger, made.entries);
  const CollectionId id = made.ledger.collection;
  const auto keys = open_collection_keys(sample.replay(), id, sample.members[0].device(),
                                         sample.members[0].reading);
  const auto grant = [&](Rights rights, const std::string& name) {
    sample.append(0, made.ledger,
                  grant_entries(sample.replay(), {id, device, rights, true, name}, *keys,
                                sample.custodian(), sample.random));
  };
  grant(Rights::replicate, "");
  CHECK(find_deposits(sample.replay(), device, sample.members[1].reading).empty());
  CHECK(test::error_code([&] { static_cast<void>(deposit_epoch(sample.replay(), id, device)); }) ==
        ErrorCode::denied);
  grant(Rights::deposit, "tips");
  const auto deposits = find_deposits(sample.replay(), device, sample.members[1].reading);
  CHECK(deposits == std::map<CollectionId, std::string>{{id, "tips"}});
  CHECK(deposit_epoch(sample.replay(), id, device).number == 1);
  // With another key it is the id.
  CHECK(find_deposits(sample.replay(), device, sample.members[0].reading) ==
        std::map<CollectionId, std::string>{{id, id.hex()}});
  grant(Rights::read, "");
  CHECK(find_deposits(sample.replay(), device, sample.members[1].reading).empty());
}

}  // namespace
}  // namespace muniment
