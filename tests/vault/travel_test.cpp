// Travel mode: what stays behind cannot be opened with anything that travels.
#include "tests/vault/members.hpp"
#include "tests/vault/opened_keys.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/keyring/envelope.hpp"
#include "vault/keyring/recovery.hpp"

namespace muniment {
namespace {

using namespace test;

const Contents letters{{"letter", "to be left behind"}};
const Contents photos{{"photo", "to be shown on the way"}};

// A paper whose desk travels, and a partner who can read the same.
struct Sample {
  Sample() {
    paper.take_in(bbc, Roles().add(Role::custodian).add(Role::reader));
    for (const auto& [name, contents] : {std::pair("letters", letters), {"photos", photos}}) {
      paper.create(name);
      paper.ingest(name, contents);
    }
  }

  void grant_letters() { static_cast<void>(bbc.accept(paper.grant("letters", bbc))); }

  TravelReport travel(Vault& vault) {
    TravelOptions options;
    options.without = {"letters"};
    options.until = paper.clock.now() + 86400;
    return vault.travel(paper.key(), options, fresh(), {}, paper.activity);
  }
  [[nodiscard]] TravelReport travel() {
    Vault vault = Vault::open(paper.path, paper.environment());
    return travel(vault);
  }
  [[nodiscard]] static Credential fresh() { return TestMember::key_named("for the journey"); }

  // A paper's command after that.
  AcceptReport accept(const std::string& text) {
    Vault vault = paper.open(fresh());
    const std::vector<std::string> texts{text};
    return Partners(vault).accept(texts, [] { return fresh(); }, paper.activity);
  }
  [[nodiscard]] std::string text_of_paper() {
    Vault vault = paper.open(fresh());
    return Partners(vault).text_for_all();
  }

  TestMember paper{"paper", 1};
  TestMember bbc{"bbc", 2};
};

std::optional<ErrorCode> reading(TestMember& member, Vault& vault, const std::string& snapshot) {
  return error_code([&] { static_cast<void>(member.read(vault, snapshot)); });
}

TEST_CASE(
    "travel: what stays behind is denied, what was kept opens, and a custodian gives it back") {
  Sample sample;
  sample.grant_letters();
  const TravelReport report = sample.travel();
  REQUIRE(report.left_behind.size() == 1);
  CHECK(report.left_behind[0].collection == "letters");
  CHECK(report.left_behind[0].holders == std::vector<std::string>{"bbc/bbc-desk"});
  CHECK(report.kept == std::vector<std::string>{"consortium", "photos"});

  {
    Vault vault = sample.paper.open(Sample::fresh());
    CHECK(sample.paper.read(vault, "photos/1") == photos);
    CHECK(reading(sample.paper, vault, "letters/1") == ErrorCode::denied);
    const auto denied =
        error_of([&] { static_cast<void>(vault.resolve(*SnapshotName::parse("letters/1"))); });
    CHECK(denied->hint().find("muniment key return") != std::string::npos);
    CHECK(vault.status().travels_until == sample.paper.clock.now() + 86400);
    CHECK(vault.status().left_behind == 1);
    CHECK(vault.verify(VerifyDepth::deep, sample.paper.activity).damage.empty());
    // What is kept can be worked with.
    sample.paper.ingest(vault, "photos", {{"another", "taken on the way"}});
    CHECK(Partners(vault).audit().empty());
  }

  // A partner who knows gives it nothing of what stays behind, even by a new epoch.
  const AcceptReport told = sample.bbc.accept(sample.text_of_paper());
  CHECK(std::ranges::count_if(told.news, [](const std::string& line) {
          return line.find("paper/paper-desk travels without 1 collection") != std::string::npos;
        }) == 1);
  CHECK(error_code([&] { static_cast<void>(sample.bbc.grant("letters", sample.paper)); }) ==
        ErrorCode::denied);

  {
    Vault vault = sample.paper.open(Sample::fresh());
    const ReturnReport back = vault.end_travel(nullptr, sample.paper.activity);
    CHECK(back.missing.size() == 1);
    CHECK(back.restored.empty());
    CHECK(error_code([&] {
            static_cast<void>(vault.end_travel(nullptr, sample.paper.activity));
          }) == ErrorCode::usage);
  }
  const AcceptReport early = sample.bbc.accept(sample.text_of_paper());
  CHECK(std::ranges::count_if(early.news, [](const std::string& line) {
          return line.find("before the day that it gave") != std::string::npos;
        }) == 1);
  CHECK(sample.accept(sample.bbc.grant("letters", sample.paper)).entries > 0);
  Vault vault = sample.paper.open(Sample::fresh());
  CHECK(sample.paper.read(vault, "letters/1") == letters);
  CHECK(sample.paper.read(vault, "photos/1") == photos);
  CHECK_FALSE(vault.status().travels_until);
}

TEST_CASE("travel: nothing in the vault's directory opens what stayed behind") {
  Sample sample;
  sample.grant_letters();
  const CollectionId id = [&] {
    Vault vault = sample.paper.open();
    const std::vector<CollectionInfo> known = vault.collections();
    return std::ranges::find(known, "letters", &CollectionInfo::name)->id;
  }();
  const auto envelopes_of = [&](const CollectionId& collection) {
    const ConsortiumId consortium =
        find_marker(*sample.paper.files, sample.paper.path).identity.consortium;
    const LedgerSet ledgers =
        load_ledgers(*sample.paper.files, sample.paper.path / "ledgers", consortium);
    const Collection facts =
        Consortium::replay(consortium, ledgers.pointers()).collections().at(collection);
    std::vector<Bytes> envelopes;
    for (const ApprovedGrant& grant : facts.grants) envelopes.push_back(grant.envelope);
    for (const auto& [device, own] : facts.rewrapped) {
      envelopes.insert(envelopes.end(), own.begin(), own.end());
    }
    return envelopes;
  };
  const auto opened_by = [](const std::vector<Bytes>& secrets,
                            const std::vector<Bytes>& envelopes) {
    std::size_t opened = 0;
    for (const Bytes& envelope : envelopes) {
      for (const Bytes& secret : secrets) {
        const auto key = *ReadingSecretKey::from_bytes(ByteView(secret));
        opened += std::holds_alternative<EnvelopeKeys>(open_envelope(key, envelope));
      }
    }
    return opened;
  };
  {
    const OpenedKeys before(*sample.paper.files, sample.paper.path, sample.paper.key());
    CHECK(opened_by(all_secrets(before.keyring, before.collections), envelopes_of(id)) == 1);
  }
  static_cast<void>(sample.travel());

  // Each copy of the keyring by itself: what opened it opens it no more.
  for (const char* other : {"keyring", "keyring.2"}) {
    const fs::path copy = sample.paper.directory.path() / other;
    fs::copy(sample.paper.path, copy, fs::copy_options::recursive);
    fs::remove(copy / other);
    CHECK(error_code([&] {
            static_cast<void>(
                Vault::open(copy, sample.paper.environment()).open_keys(sample.paper.key()));
          }) == ErrorCode::wrong_key);
    CHECK_FALSE(error_code([&] {
      static_cast<void>(Vault::open(copy, sample.paper.environment()).open_keys(Sample::fresh()));
    }));
  }

  const OpenedKeys opened(*sample.paper.files, sample.paper.path, Sample::fresh());
  CHECK(opened.collections.size() == 2);
  const std::vector<Bytes> secrets = all_secrets(opened.keyring, opened.collections);
  CHECK(envelopes_of(id).size() == 2);
  CHECK(opened_by(secrets, envelopes_of(id)) == 0);
  CHECK(opened_by(secrets, envelopes_of(consortium_collection)) == 1);

  std::size_t readable = 0;
  for (const fs::path& pack : sample.paper.packs()) {
    const Bytes file = bytes_of(pack);
    for (const Bytes& secret : secrets) {
      const EpochSecretKey key = *EpochSecretKey::from_bytes(ByteView(secret));
      readable += std::holds_alternative<PackReader>(open_pack_file(file, {&key, 1}));
    }
  }
  CHECK(sample.paper.packs().size() == 2);
  CHECK(readable == 1);  // that of the photos

  // The catalog does not know what it was called, or what was in it.
  const CatalogOwner owner{find_marker(*sample.paper.files, sample.paper.path).identity.vault,
                           find_marker(*sample.paper.files, sample.paper.path).identity.consortium};
  CatalogOpening catalog =
      Catalog::open(sample.paper.path / "catalog.db", opened.keyring.reading->keys.catalog, owner,
                    DatabaseAccess::read);
  REQUIRE(catalog.catalog);
  CHECK(catalog.catalog->snapshots(id).empty());
  for (const CatalogCollection& known : catalog.catalog->collections()) CHECK(known.id != id);
}

TEST_CASE("travel: what nobody else holds whole does not stay behind, and nothing is changed") {
  Sample sample;
  const auto refused = error_of([&] { static_cast<void>(sample.travel()); });
  REQUIRE(refused);
  CHECK(refused->code() == ErrorCode::denied);
  CHECK(std::string_view(refused->what()) ==
        "collection letters: nobody else holds all of its keys");
  CHECK(refused->hint().find("muniment key recovery split") != std::string::npos);
  Vault vault = sample.paper.open();
  CHECK(sample.paper.read(vault, "letters/1") == letters);
  CHECK_FALSE(vault.status().travels_until);
}

TEST_CASE("travel: shares that trustees hold are enough to leave it behind, and to have it back") {
  Sample sample;
  const RecoverySeed seed = RecoverySeed::generate(sample.paper.random);
  {
    Vault vault = Vault::open(sample.paper.path, sample.paper.environment());
    CHECK(vault.replace_recovery(sample.paper.key(), seed, sample.paper.activity).empty());
  }
  const TravelReport report = sample.travel();
  CHECK(report.left_behind[0].holders == std::vector<std::string>{"paper, by its recovery words"});
  CHECK(report.slots_closed == 2);
  // The sheet opens the keyring no more, and words of somebody else give nothing back.
  CHECK(error_code([&] { static_cast<void>(sample.paper.open(Credential::recovery(seed))); }) ==
        ErrorCode::wrong_key);
  Vault vault = sample.paper.open(Sample::fresh());
  const RecoverySeed other = RecoverySeed::generate(sample.paper.random);
  CHECK(error_code([&] { static_cast<void>(vault.end_travel(&other, sample.paper.activity)); }) ==
        ErrorCode::wrong_key);
  const ReturnReport back = vault.end_travel(&seed, sample.paper.activity);
  CHECK(back.restored == std::vector<std::string>{"letters"});
  CHECK(back.missing.empty());
  CHECK(sample.paper.read(vault, "letters/1") == letters);
  Vault again = sample.paper.open(Sample::fresh());
  CHECK(sample.paper.read(again, "letters/1") == letters);
  const AcceptReport told = sample.bbc.accept(sample.text_of_paper());
  CHECK(std::ranges::count_if(told.news, [](const std::string& line) {
          return line.find("was recovered") != std::string::npos;
        }) == 1);
}

TEST_CASE("travel: an authority key that no charter lists yet comes along") {
  Sample sample;
  sample.grant_letters();
  const auto key = [&](const Credential& credential) {
    Vault vault = sample.paper.open(credential);
    return vault.new_authority(sample.paper.activity);
  };
  const std::string waiting = key(sample.paper.key());
  static_cast<void>(sample.travel());
  CHECK(key(Sample::fresh()) == waiting);
}

TEST_CASE("travel: a journey may follow a journey") {
  Sample sample;
  sample.grant_letters();
  static_cast<void>(sample.bbc.accept(sample.paper.grant("photos", sample.bbc)));
  static_cast<void>(sample.travel());
  const Credential third = TestMember::key_named("for the next one");
  {
    Vault vault = sample.paper.open(Sample::fresh());
    TravelOptions options;
    options.without_all = true;
    options.until = sample.paper.clock.now() + 1;
    const TravelReport report =
        vault.travel(Sample::fresh(), options, third, {}, sample.paper.activity);
    CHECK(report.left_behind.size() == 1);
    CHECK(report.kept == std::vector<std::string>{"consortium"});
  }
  Vault vault = sample.paper.open(third);
  CHECK(reading(sample.paper, vault, "photos/1") == ErrorCode::denied);
  CHECK(vault.status().left_behind == 2);
  CHECK(vault.end_travel(nullptr, sample.paper.activity).missing.size() == 2);
}

}  // namespace
}  // namespace muniment
