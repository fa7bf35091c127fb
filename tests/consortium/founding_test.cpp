#include "vault/consortium/founding.hpp"

#include <doctest/doctest.h>

#include "tests/consortium/fixture.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/base64.hpp"

namespace muniment {

using test::ConsortiumFixture;
using test::TestMember;

namespace {

// Founds `name` in member 0's vault.
CollectionFounding create(ConsortiumFixture& fixture, const std::string& name) {
  NewCollection collection;
  collection.record.name = name;
  collection.creator = fixture.members[0].device();
  const CollectionFounding founding =
      found_collection(fixture.replay(), collection, fixture.members[0].authority, fixture.random);
  fixture.append(0, founding.ledger, founding.entries);
  return founding;
}

// True if `secret` stands in `text`, in clear, in hexadecimal, or in any word of base64, however
// deep.
bool reveals(std::string_view text, std::string_view secret) {
  if (text.find(secret) != std::string_view::npos) return true;
  if (text.find(to_hex(as_bytes(secret))) != std::string_view::npos) return true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const auto inner = from_base64(text.substr(at, end - at));
    if (inner && !inner->empty() && reveals(as_text(*inner), secret)) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

TEST_CASE("founding: a charter of one follows, whose member holds every role") {
  ConsortiumFixture fixture;
  const Consortium consortium = fixture.replay();
  CHECK(consortium.refused().empty());
  CHECK(consortium.unknown_acts() == 0);
  CHECK(consortium.id() == fixture.id());
  REQUIRE(consortium.charters().size() == 1);
  const Charter& charter = consortium.charter();
  CHECK(charter.number == 1);
  CHECK(charter.created == test::test_time);
  CHECK(charter.expires == test::test_time + first_charter_lifetime);
  REQUIRE(charter.members.size() == 1);
  CHECK(charter.members[0].id == fixture.founding.member);
  CHECK(charter.members[0].roles == Roles::all());
  CHECK(charter.members[0].keys == std::vector{fixture.members[0].ssh_key()});
  CHECK(charter.thresholds == Thresholds{1, 1, 1});
}

TEST_CASE("founding: the device is certified, and its ledger leads to its log key") {
  ConsortiumFixture fixture;
  const TestMember& founder = fixture.members[0];
  const Consortium consortium = fixture.replay();
  REQUIRE(consortium.devices().size() == 1);
  const auto& [id, device] = *consortium.devices().begin();
  CHECK(id == founder.device());
  CHECK(device.certificate.keys == founder.keys);
  CHECK(device.certificate.member == fixture.founding.member);
  CHECK(consortium.is_active(id));
  CHECK_FALSE(consortium.is_active({}));

  const LedgerName& name = fixture.founding.ledger;
  const auto preamble = read_preamble(fixture.files, "ledgers", name.id());
  REQUIRE(preamble);
  CHECK(preamble->name == name);
  CHECK(find_log_key(preamble->entries, name.device) == founder.keys.log);
  CHECK_FALSE(find_log_key(preamble->entries, DeviceId{}));
}

TEST_CASE("founding: the device and the recovery key open the built-in collection, nobody else") {
  ConsortiumFixture fixture;
  TestMember& founder = fixture.members[0];
  const Consortium consortium = fixture.replay();
  CHECK(consortium.recoveries().at(founder.id).key == public_key(founder.recovery));
  RefusedGrants refused;
  const auto keys = open_collection_keys(consortium, consortium_collection, founder.device(),
                                         founder.reading, &refused);
  const auto recovered =
      open_collection_keys(consortium, consortium_collection, founder.id, founder.recovery);
  REQUIRE(keys);
  REQUIRE(recovered);
  CHECK(refused.empty());
  REQUIRE(keys->epochs.size() == 1);
  const OpenEpoch& epoch = keys->epochs[0];
  CHECK(epoch.number == 1);
  CHECK(equal(epoch.key.view(), recovered->epochs[0].key.view()));
  CHECK(equal(keys->id_key.view(), recovered->id_key.view()));
  CHECK(equal(keys->chunker_key.view(), recovered->chunker_key.view()));
  CHECK_FALSE(equal(keys->id_key.view(), keys->chunker_key.view()));
  const Epoch& sealing = consortium.sealing_epoch(consortium_collection);
  CHECK(sealing.commitment == epoch.commitment);
  CHECK(sealing.public_key == public_key(epoch_secret_key(epoch.key)));
  CHECK(keys->find(epoch.commitment) == &epoch);
  CHECK(keys->find({}) == nullptr);

  CHECK_FALSE(open_collection_keys(consortium, consortium_collection, DeviceId{}, founder.reading));
  CHECK_FALSE(
      open_collection_keys(consortium, consortium_collection, MemberId{}, founder.recovery));
  const auto stranger = ReadingSecretKey::generate(fixture.random);
  CHECK_FALSE(open_collection_keys(consortium, consortium_collection, founder.device(), stranger,
                                   &refused));
  CHECK(refused.size() == 1);
}

TEST_CASE("founding: names open with the keys, and stay sealed without") {
  ConsortiumFixture fixture;
  const TestMember& founder = fixture.members[0];
  const auto id = create(fixture, "police-files").ledger.collection;
  const Consortium consortium = fixture.replay();
  const Names names =
      open_names(consortium, open_all_collections(consortium, founder.device(), founder.reading));
  CHECK(names.members == std::map<MemberId, std::string>{{founder.id, founder.name.name}});
  CHECK(names.devices ==
        std::map<DeviceId, std::string>{{founder.device(), founder.device_name.name}});
  REQUIRE(names.collections.size() == 1);
  CHECK(names.collections.at(id) == CollectionRecord{"police-files", false, 1, 1});

  const Names none = open_names(consortium, {});
  CHECK(none.members.empty());
  CHECK(none.devices.empty());
  CHECK(none.collections.empty());
}

TEST_CASE("founding: without a recovery sheet there is no recovery recipient and no grant to one") {
  test::FixedRandom random(50);
  const TestMember member(random);
  const Founding founding = found_consortium(
      {.member_name = "m", .device_name = "d", .device = member.keys, .recovery = {}, .now = 1},
      member.authority, random);
  REQUIRE(founding.entries.size() == 4);
  const std::array acts{Act::charter, Act::device, Act::epoch, Act::grant};
  for (std::size_t i = 0; i < acts.size(); ++i) CHECK(act_of(founding.entries[i]) == acts[i]);
}

TEST_CASE("founding: entries come in the order that FORMAT.md says") {
  ConsortiumFixture fixture;
  const std::array acts{Act::charter, Act::device, Act::recovery,
                        Act::epoch,   Act::grant,  Act::grant};
  REQUIRE(fixture.founding.entries.size() == acts.size());
  for (std::size_t i = 0; i < acts.size(); ++i) {
    CHECK(act_of(fixture.founding.entries[i]) == acts[i]);
  }
  const auto collection = create(fixture, "a");
  const std::array more{Act::collection, Act::epoch, Act::grant, Act::grant};
  REQUIRE(collection.entries.size() == more.size());
  for (std::size_t i = 0; i < more.size(); ++i) CHECK(act_of(collection.entries[i]) == more[i]);
}

TEST_CASE("founding: a collection has keys of its own, for the device and for recovery") {
  ConsortiumFixture fixture;
  TestMember& founder = fixture.members[0];
  const auto first = create(fixture, "first").ledger.collection;
  const auto second = create(fixture, "second").ledger.collection;
  const Consortium consortium = fixture.replay();
  CHECK(consortium.refused().empty());
  CHECK(consortium.collections().size() == 3);
  const auto keys = open_all_collections(consortium, founder.device(), founder.reading);
  REQUIRE(keys.size() == 3);
  for (const auto& id : {consortium_collection, first, second}) {
    const auto recovered = open_collection_keys(consortium, id, founder.id, founder.recovery);
    REQUIRE(recovered);
    CHECK(equal(recovered->id_key.view(), keys.at(id).id_key.view()));
  }
  CHECK_FALSE(equal(keys.at(first).id_key.view(), keys.at(second).id_key.view()));
  CHECK_FALSE(equal(keys.at(first).epochs[0].key.view(), keys.at(second).epochs[0].key.view()));
}

TEST_CASE("founding: no name stands anywhere in a ledger, in whatever encoding") {
  ConsortiumFixture fixture(3);
  const std::string collection = "canary-collection-q7x2m9k4";
  const auto founding = create(fixture, collection);
  std::vector<std::string> secrets{collection};
  for (const TestMember& member : fixture.members) {
    secrets.push_back(member.name.name);
    secrets.push_back(member.device_name.name);
  }
  std::vector<std::string> texts = fixture.founding.entries;
  for (const LedgerName& ledger :
       {fixture.founding.ledger, founding.ledger, fixture.ledger_of(1), fixture.ledger_of(2)}) {
    const auto directory = FileSystem::Path("ledgers") / ledger.id().hex();
    for (const char* copy : {"tail", "tail.2"}) {
      const auto bytes = read_file(fixture.files, directory / copy, 1U << 20U);
      REQUIRE(bytes);
      texts.emplace_back(as_text(*bytes));
    }
    const auto opened =
        Ledger::find(fixture.files, "ledgers", ledger, fixture.keys_of_ledgers.at(ledger));
    for (std::uint64_t i = 0; i < opened->size(); ++i) texts.push_back(opened->entry(i));
  }
  for (const std::string& text : texts) {
    for (const std::string& secret : secrets) REQUIRE_FALSE(reveals(text, secret));
  }
  // The search finds what it looks for: ids do stand there, also below two layers of base64.
  CHECK(reveals(fixture.founding.entries[4], fixture.members[0].device().hex()));
}

TEST_CASE("founding: a member who is no custodian cannot create a collection") {
  ConsortiumFixture fixture(2);
  auto listed = std::vector{fixture.members[0].listed(),
                            fixture.members[1].listed(Roles().add(Role::reader))};
  const Charter charter = ConsortiumFixture::after(fixture.replay().charters().back(), listed);
  Charter narrowed = charter;
  narrowed.thresholds.witness = 1;
  fixture.append(0, encode(fixture.approved(narrowed, std::vector<std::size_t>{0, 1})));
  const Consortium consortium = fixture.replay();
  REQUIRE(consortium.charter().number == 3);
  NewCollection collection;
  collection.record.name = "a";
  collection.creator = fixture.members[1].device();
  try {
    (void)found_collection(consortium, collection, fixture.members[1].authority, fixture.random);
    FAIL("created");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::denied);
  }
}

}  // namespace muniment
