// A device that may only deposit: what it takes in is for others, and no longer for itself.
#include "tests/vault/members.hpp"
#include "tests/vault/opened_keys.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/pack/header.hpp"
#include "vault/snapshot/deposit_journal.hpp"

namespace muniment {
namespace {

using namespace test;

constexpr std::string_view secret_name = "minutes-of-the-committee.txt";
constexpr std::string_view secret_text = "resolved, that nothing of this be written down";

// What is cut into several chunks and packs, what repeats, and what has a name.
Contents leak() {
  Contents contents{{"folder/" + std::string(secret_name), std::string(secret_text)},
                    {"empty", ""},
                    {"large", noise(9'000'000, 5)},
                    {"larger", noise(13'000'000, 6)},
                    {"larger again", noise(13'000'000, 6)}};
  for (int i = 0; i < 200; ++i) {
    contents["many/" + std::to_string(i)] = std::string(400, 'x') + std::to_string(i);
  }
  return contents;
}

// A paper, and a source that may deposit in its collection.
struct Sample {
  Sample() {
    paper.take_in(source, Roles().add(Role::contributor));
    paper.create("letters");
    paper.ingest("letters", {{"before", "of the paper"}});
    CHECK(source.accept(paper.grant("letters", source, Rights::deposit)).entries > 0);
    source.copy_packs_from(paper);
  }

  void hand_over() {
    static_cast<void>(paper.accept(source.text_for(paper)));
    paper.copy_packs_from(source);
  }

  TestMember paper{"paper", 1};
  TestMember source{"source", 2};
};

TEST_CASE("deposit: whoever may read later sees what was there before the grant") {
  Sample sample;
  {
    Vault vault = sample.source.open();
    CHECK(error_code([&] {
            static_cast<void>(vault.snapshots("letters", sample.source.activity));
          }) == ErrorCode::denied);
  }
  sample.source.accept(sample.paper.grant("letters", sample.source, Rights::read));
  Vault vault = sample.source.open();
  CHECK(vault.snapshots("letters", sample.source.activity).size() == 1);
  CHECK(sample.source.read(vault, "letters/1@paper-desk") == Contents{{"before", "of the paper"}});
}

TEST_CASE("deposit: a reader restores, verifies and rebuilds what a depositor took in") {
  Sample sample;
  const Contents contents = leak();
  CHECK(sample.source.ingest("letters", contents) == "letters/1@source-desk");
  CHECK(sample.source.ingest("letters", {{"second", "time"}}) == "letters/2@source-desk");
  sample.hand_over();
  const auto check = [&] {
    Vault vault = sample.paper.open();
    CHECK(vault.snapshots("letters", sample.paper.activity).size() == 3);
    CHECK(sample.paper.read(vault, "letters/1@source-desk") == contents);
    CHECK(sample.paper.read(vault, "letters/2@source-desk") == Contents{{"second", "time"}});
    const VerifyReport report = vault.verify(VerifyDepth::deep, sample.paper.activity);
    for (const Damage& damage : report.damage) FAIL_CHECK(damage.object << ": " << damage.cause);
    CHECK(report.files >= contents.size());
  };
  check();
  {
    Vault vault = sample.paper.open();
    vault.rebuild_catalog(sample.paper.activity);
  }
  check();
  // What it stores itself is not thought to be stored because a depositor says so.
  Vault vault = sample.paper.open();
  sample.paper.ingest(vault, "letters", contents);
  CHECK(sample.paper.read(vault, "letters/2@paper-desk") == contents);
}

TEST_CASE("deposit: in its own unlocked vault no key opens a frame, and nothing tells a name") {
  Sample sample;
  std::vector<fs::path> before = sample.source.packs();
  sample.source.ingest("letters", leak());
  std::vector<fs::path> packs = sample.source.packs();
  std::erase_if(packs, [&](const fs::path& pack) { return std::ranges::count(before, pack) > 0; });
  REQUIRE(packs.size() == 2);  // 22 MB: what is there twice is stored once

  const OpenedKeys opened(*sample.source.files, sample.source.path, sample.source.key());
  const std::vector<Bytes> secrets = all_secrets(opened.keyring, opened.collections);
  CHECK(secrets.size() > 60);
  const OpenedKeys readers(*sample.paper.files, sample.paper.path, sample.paper.key());
  std::size_t opens_for_readers = 0;
  for (const fs::path& pack : packs) {
    const Bytes file = bytes_of(pack);
    const auto header = std::get<PackHeader>(decode_header(file));
    for (const Bytes& secret : secrets) {
      const EpochSecretKey key = *EpochSecretKey::from_bytes(ByteView(secret));
      const auto as_epoch = open_pack_file(file, {&key, 1});
      REQUIRE(std::holds_alternative<PackFault>(as_epoch));
      CHECK(std::get<PackFault>(as_epoch) == PackFault::foreign);
      CHECK_FALSE(PackReader::open(PackBytes(ByteView(file)), header.form,
                                   *PackKey::from_bytes(ByteView(secret))));
    }
    for (const auto& [id, access] : readers.access) {
      for (const auto& [epoch, key] : access.epoch_secrets) {
        opens_for_readers += std::holds_alternative<PackReader>(open_pack_file(file, {&key, 1}));
      }
    }
  }
  CHECK(opens_for_readers == packs.size());

  // The ledger's sealed part, too.
  const LedgerSet ledgers =
      load_ledgers(*sample.source.files, sample.source.path / "ledgers",
                   find_marker(*sample.source.files, sample.source.path).identity.consortium);
  std::size_t sealed_parts = 0;
  for (const Ledger& ledger : ledgers.ledgers) {
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const auto snapshot = decode_snapshot(ledger.entry(i));
      if (!snapshot) continue;
      ++sealed_parts;
      for (const Bytes& secret : secrets) {
        CHECK_FALSE(open_part(*EpochSecretKey::from_bytes(ByteView(secret)), ledger.name(),
                              Act::snapshot, snapshot->sealed));
      }
    }
  }
  CHECK(sealed_parts == 2);
  for (const std::string_view text : {secret_name, secret_text, std::string_view("many/")}) {
    CHECK(files_with(sample.source.path, text).empty());
  }
}

TEST_CASE("deposit: the depositor is shown number and size, and denied the rest") {
  Sample sample;
  sample.source.ingest("letters", {{std::string(secret_name), std::string(secret_text)}});
  Vault vault = sample.source.open();
  const std::vector<DepositInfo> deposits = vault.deposits("letters");
  REQUIRE(deposits.size() == 1);
  CHECK(deposits[0].name == "letters/1@source-desk");
  CHECK(deposits[0].packs == 1);
  CHECK(deposits[0].stored_bytes == file_bytes(PackClass::mib1));
  CHECK(vault.snapshots(std::nullopt, sample.source.activity).empty());
  CHECK(vault.collections().empty());
  const auto denied =
      error_of([&] { static_cast<void>(vault.resolve(*SnapshotName::parse("letters/1"))); });
  REQUIRE(denied);
  CHECK(denied->code() == ErrorCode::denied);
  CHECK(std::string_view(denied->what()).find("read nothing of it") != std::string_view::npos);
  CHECK(denied->hint() == "ask one of the custodians: paper");
  std::size_t found = 0;
  vault.find({}, [&](const FindResult&) { return ++found > 0; }, sample.source.activity);
  CHECK(found == 0);
  const StatusReport status = vault.status();
  REQUIRE(status.collections.size() == 1);  // in which two devices write
  CHECK(status.collections[0].name == "letters");
  CHECK(vault.verify(VerifyDepth::deep, sample.source.activity).damage.empty());
}

TEST_CASE("deposit: packs that a crash left are deleted, never adopted, and no others with them") {
  Sample sample;
  const fs::path earlier = sample.source.directory.path() / "earlier";
  fs::copy(sample.source.path, earlier, fs::copy_options::recursive);
  const std::vector<fs::path> before = TestMember::packs_of(earlier);
  sample.source.ingest("letters", {{"lost", "to a crash"}});
  // As it was before the commit: the packs are there, and the journal names them.
  fs::copy(sample.source.path / "packs", earlier / "packs",
           fs::copy_options::recursive | fs::copy_options::skip_existing);
  std::vector<fs::path> left = TestMember::packs_of(earlier);
  std::erase_if(left, [&](const fs::path& pack) { return std::ranges::count(before, pack) > 0; });
  REQUIRE(left.size() == 1);
  CHECK_FALSE(fs::exists(sample.source.path / "depositing"));
  DepositJournal journal(*sample.source.files, earlier);
  journal.add(*PackId::from_hex(left[0].stem().string()));
  journal.add(*PackId::from_hex(before[0].stem().string()));  // listed meanwhile
  // Somebody else's, which no ledger here lists yet.
  const std::string foreign = PackId{}.hex();
  fs::create_directories(earlier / "packs/00");
  write_text(earlier / "packs/00" / (foreign + ".pack"), "of a partner");

  Vault vault = sample.source.open(sample.source.key(), earlier);
  sample.source.ingest(vault, "letters", {{"again", "and whole"}});
  CHECK(sample.source.activity.count("1 pack of an interrupted deposit deleted") == 1);
  CHECK_FALSE(fs::exists(left[0]));
  CHECK(fs::exists(before[0]));
  CHECK(fs::exists(earlier / "packs/00" / (foreign + ".pack")));
  CHECK_FALSE(fs::exists(earlier / "depositing"));
  CHECK(TestMember::packs_of(earlier).size() == before.size() + 2);
}

TEST_CASE("deposit: a deposit that fails leaves no pack behind") {
  Sample sample;
  const std::vector<fs::path> before = sample.source.packs();
  FaultyFileSystem faulty(*sample.source.files);
  const Contents contents{{"some", noise(100'000, 1)}};
  write_all(sample.source.folder, contents);
  const std::vector<fs::path> paths{sample.source.folder / "."};
  std::size_t failed = 0;
  for (std::size_t operation = 0; operation < 400; ++operation) {
    Vault vault =
        Vault::open(sample.source.path, {faulty, sample.source.clock, sample.source.random});
    vault.set_lock_wait(std::chrono::milliseconds(0));
    vault.unlock(sample.source.key(), sample.source.activity);
    faulty.set_fault(Fault{faulty.operations().size() + operation, ENOSPC});
    const auto error = error_of(
        [&] { static_cast<void>(vault.ingest("letters", paths, {}, sample.source.activity)); });
    faulty.set_fault(std::nullopt);
    if (!error) break;
    ++failed;
    const std::vector<fs::path> after = sample.source.packs();
    CHECK(after == before);
  }
  CHECK(failed > 10);
  CHECK(sample.source.packs().size() == before.size() + 1);
}

TEST_CASE("deposit: only an epoch that was granted to the depositor is sealed to") {
  Sample sample;
  // Its paper begins another one without it: by a hand that forgets the depositor.
  const auto id = [&] {
    Vault vault = sample.paper.open();
    return vault.collections().at(0).id;
  }();
  const OpenedKeys keys(*sample.paper.files, sample.paper.path, sample.paper.key());
  const LedgerSet ledgers =
      load_ledgers(*sample.paper.files, sample.paper.path / "ledgers",
                   find_marker(*sample.paper.files, sample.paper.path).identity.consortium);
  const Consortium consortium = Consortium::replay(
      find_marker(*sample.paper.files, sample.paper.path).identity.consortium, ledgers.pointers());
  const DeviceId own = find_marker(*sample.paper.files, sample.paper.path).identity.device;
  const DeviceId depositor = find_marker(*sample.source.files, sample.source.path).identity.device;
  const Excluded excluded{depositor};
  const LedgerName name{consortium.id(), id, own};
  const std::vector<std::string> entries = epoch_entries(
      consortium, {name, excluded, std::nullopt}, keys.collections.at(id),
      {consortium.devices().at(own).certificate.member, *keys.keyring.reading->keys.authority},
      sample.paper.random);
  {
    const LogKey& log = keys.keyring.service->keys.log;
    LedgerWriter::open(*sample.paper.files, sample.paper.path / "ledgers", name, verify_key(log))
        .append(entries, log);
  }
  static_cast<void>(sample.source.accept(sample.paper.text_for(sample.source)));
  const auto denied = error_of([&] { sample.source.ingest("letters", {{"a", "b"}}); });
  REQUIRE(denied);
  CHECK(denied->code() == ErrorCode::denied);
  CHECK(std::string_view(denied->what()).find("was not granted to this device") !=
        std::string_view::npos);
  // Granted again, it goes on.
  static_cast<void>(
      sample.source.accept(sample.paper.grant("letters", sample.source, Rights::deposit)));
  CHECK(sample.source.ingest("letters", {{"a", "b"}}) == "letters/1@source-desk");
}

}  // namespace
}  // namespace muniment
