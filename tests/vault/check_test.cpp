#include "tests/vault/sample_vault.hpp"
#include "vault/keyring/keyring_file.hpp"
#include "vault/pack/format.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

const Contents first{{"a", noise(700'000, 30)}, {"folder/b", "small"}};
const Contents second{
    {"a", noise(700'000, 30)}, {"folder/b", "small"}, {"folder/c", noise(600'000, 31)}};

struct TwoPacks : SampleVault {
  TwoPacks() {
    ingest(first);
    first_pack = packs().front();
    ingest(second);
    for (const fs::path& pack : packs()) {
      if (pack != first_pack) second_pack = pack;
    }
    shard = file_bytes(PackClass::mib1) / 256 - 32;
    REQUIRE(fs::file_size(first_pack) == file_bytes(PackClass::mib1));
  }

  // Shards from 10 on hold only the frame of "a", or of "folder/c" in the second pack.
  void damage(const fs::path& pack, std::size_t shards) const {
    for (std::size_t i = 0; i < shards; ++i) flip_bit(pack, (10 + i) * shard + 3);
  }

  [[nodiscard]] std::string name(const fs::path& pack) const {
    return "pack " + pack.stem().string();
  }

  fs::path first_pack;
  fs::path second_pack;
  std::size_t shard = 0;
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("verify: a whole vault is whole at every depth, and the counts are right") {
  TwoPacks sample;
  for (const VerifyDepth depth :
       {VerifyDepth::presence, VerifyDepth::read_data, VerifyDepth::deep}) {
    const VerifyReport report = sample.verify(depth);
    CHECK(report.damage.empty());
    CHECK(report.ledgers == 2);
    CHECK(report.snapshots == 2);
    CHECK(report.packs == 2);
    CHECK(report.packs_unlisted == 0);
    CHECK(report.files == (depth == VerifyDepth::deep ? 5 : 0));
    CHECK((report.bytes_read == 0) == (depth == VerifyDepth::presence));
  }
  Vault locked = sample.open_locked();
  CHECK(locked.verify(VerifyDepth::read_data, sample.activity).damage.empty());
  CHECK(error_code([&] { (void)locked.verify(VerifyDepth::deep, sample.activity); }) ==
        ErrorCode::denied);
}

TEST_CASE(
    "verify: one turned bit anywhere in a pack is found, read past, and repaired without a key") {
  TwoPacks sample;
  const std::string good = read_text(sample.first_pack);
  // Header, reserved bytes, head, a frame, the tail, parity, and both ends of the tile.
  const std::size_t body = good.size() - 8192;
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{12}, std::size_t{500}, std::size_t{1200}, std::size_t{1290},
        std::size_t{90'000}, body - 40 * 4096, body - 4096, body, good.size() - 1}) {
    CAPTURE(at);
    flip_bit(sample.first_pack, at);
    const VerifyReport report = sample.verify(VerifyDepth::read_data);
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].object == sample.name(sample.first_pack));
    CHECK(report.damage[0].healable);
    CHECK(report.damage[0].affects.empty());
    CHECK(sample.read("files/1") == first);
    Vault locked = sample.open_locked();
    const RepairReport repaired = locked.repair(sample.activity);
    CHECK(repaired.repaired.size() == 1);
    CHECK(repaired.damage.empty());
    CHECK(read_text(sample.first_pack) == good);
    CHECK(sample.is_whole());
  }
}

TEST_CASE("repair: eight damaged shards heal without a key") {
  TwoPacks sample;
  const std::string good = read_text(sample.first_pack);
  sample.damage(sample.first_pack, 8);
  Vault locked = sample.open_locked();
  const VerifyReport report = locked.verify(VerifyDepth::read_data, sample.activity);
  REQUIRE(report.damage.size() == 1);
  CHECK(report.damage[0].healable);
  CHECK(report.damage[0].cause.find("8 of 256 shards") != std::string::npos);
  CHECK(locked.repair(sample.activity).damage.empty());
  CHECK(read_text(sample.first_pack) == good);
}

TEST_CASE("repair: nine damaged shards are reported with the files that they hold, and no others") {
  TwoPacks sample;
  sample.damage(sample.first_pack, 9);
  for (const bool repair : {false, true}) {
    Vault vault = sample.open();
    const std::vector<Damage> damage =
        repair ? vault.repair(sample.activity).damage
               : vault.verify(VerifyDepth::read_data, sample.activity).damage;
    REQUIRE(damage.size() == 1);
    CHECK(damage[0].object == sample.name(sample.first_pack));
    CHECK_FALSE(damage[0].healable);
    CHECK(damage[0].cause.find("9 of 256 shards") != std::string::npos);
    CHECK(damage[0].affects == Strings{"files/1@device:a", "files/2@device:a"});
  }
  Vault locked = sample.open_locked();
  const RepairReport keyless = locked.repair(sample.activity);
  REQUIRE(keyless.damage.size() == 1);
  CHECK(keyless.damage[0].affects.empty());
  // What it does not hold can still be read, also from the same pack.
  Vault vault = sample.open();
  const auto reader = vault.reader(vault.resolve(*SnapshotName::parse("files/2")), ReaderUse::bulk,
                                   sample.activity);
  std::string text;
  for (const char* path : {"folder/b", "folder/c"}) {
    reader->read(*reader->find(path), [&](ByteView bytes) { text += as_text(bytes); });
  }
  CHECK(text == second.at("folder/b") + second.at("folder/c"));
  const auto error = error_of([&] { reader->read(*reader->find("a"), [](ByteView) {}); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  const std::string what = error->what();
  CHECK(what.find("files/2@device:a") != std::string::npos);
  CHECK(what.find(sample.name(sample.first_pack)) != std::string::npos);
}

TEST_CASE("verify: a missing, a truncated, a swapped and a foreign pack are named as such") {
  TwoPacks sample;
  const std::string good = read_text(sample.second_pack);
  SampleVault stranger(4);
  stranger.ingest(first);
  const auto only_damage = [&](VerifyDepth depth) {
    const VerifyReport report = sample.verify(depth);
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].object == sample.name(sample.second_pack));
    return report.damage[0];
  };
  fs::remove(sample.second_pack);
  // With it went the second snapshot's own list of files.
  CHECK(only_damage(VerifyDepth::presence).cause == "missing");
  CHECK(only_damage(VerifyDepth::presence).affects == Strings{"files/2@device"});

  write_text(sample.second_pack, good.substr(0, good.size() / 2));
  CHECK_FALSE(only_damage(VerifyDepth::presence).healable);
  write_text(sample.second_pack, good.substr(0, good.size() - 4096));
  CHECK(only_damage(VerifyDepth::presence).healable);
  write_text(sample.second_pack, good + "more");
  CHECK(only_damage(VerifyDepth::presence).healable);

  for (const fs::path& other : {sample.first_pack, stranger.packs().front()}) {
    write_text(sample.second_pack, read_text(other));
    const Damage damage = only_damage(VerifyDepth::read_data);
    CHECK(damage.cause == "the file of " + sample.name(other));
    CHECK_FALSE(damage.healable);
  }
  write_text(sample.second_pack, good);
  CHECK(sample.is_whole());
}

TEST_CASE("verify: a turned bit in either copy of either ledger is found and repaired") {
  TwoPacks sample;
  int copies = 0;
  for (const auto& entry : fs::recursive_directory_iterator(sample.path / "ledgers")) {
    const std::string name = entry.path().filename().string();
    if (name != "tail" && name != "tail.2") continue;
    ++copies;
    const std::string good = read_text(entry.path());
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{20}, std::size_t{70}, good.size() / 2, good.size() - 1}) {
      CAPTURE(entry.path().string());
      CAPTURE(at);
      flip_bit(entry.path(), at);
      CHECK(sample.read("files/2") == second);
      Vault locked = sample.open_locked();
      const VerifyReport report = locked.verify(VerifyDepth::presence, sample.activity);
      CHECK(report.damage.size() == 1);
      CHECK(report.damage.front().healable);
      CHECK(locked.repair(sample.activity).damage.empty());
      CHECK(read_text(entry.path()) == good);
    }
  }
  CHECK(copies == 4);
  CHECK(sample.is_whole());
}

TEST_CASE("verify: an entry that is damaged in both copies of a ledger is named") {
  TwoPacks sample;
  for (const auto& entry : fs::recursive_directory_iterator(sample.path / "ledgers")) {
    const std::string name = entry.path().filename().string();
    // But not in that of the consortium, without which nobody's signature can be checked.
    if (!name.starts_with("tail")) continue;
    if (read_text(entry.path()).find("muniment/charter/v1\n") != std::string::npos) continue;
    flip_bit(entry.path(), 300);
  }
  Vault locked = sample.open_locked();
  const VerifyReport report = locked.verify(VerifyDepth::presence, sample.activity);
  REQUIRE(report.damage.size() == 1);
  CHECK(report.damage[0].object.starts_with("ledger "));
  CHECK_FALSE(report.damage[0].healable);
}

TEST_CASE("verify: a turned bit in marker or keyring is found and repaired without a key") {
  TwoPacks sample;
  for (const char* name : {"muniment", "keyring", "keyring.2"}) {
    const std::string good = read_text(sample.path / name);
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{40}, good.size() / 2, good.size() - 2}) {
      CAPTURE(name);
      CAPTURE(at);
      flip_bit(sample.path / name, at);
      CHECK(sample.read("files/2") == second);
      Vault locked = sample.open_locked();
      CHECK(locked.warnings().size() == 1);
      const VerifyReport report = locked.verify(VerifyDepth::presence, sample.activity);
      REQUIRE(report.damage.size() == 1);
      CHECK(report.damage[0].healable);
      const RepairReport repaired = locked.repair(sample.activity);
      CHECK(repaired.damage.empty());
      CHECK(repaired.repaired.size() == 1);
      CHECK(read_text(sample.path / name) == good);
    }
  }
  CHECK(sample.is_whole());
}

TEST_CASE("verify: a wrong key is told from a damaged keyring") {
  TwoPacks sample;
  const Credential wrong = Credential::key_file(SecretBytes(40));
  Vault vault = sample.open_locked();
  CHECK(error_code([&] { vault.unlock(wrong, sample.activity); }) == ErrorCode::wrong_key);
  flip_bit(sample.path / "keyring", 200);
  flip_bit(sample.path / "keyring.2", 200);
  CHECK(error_code([&] { (void)sample.open_locked(); }) == ErrorCode::damaged);
}

TEST_CASE("verify: when it was last done, how deeply, and with what result is remembered") {
  TwoPacks sample;
  CHECK_FALSE(sample.open_locked().status().last_verified);
  sample.clock.advance(60);
  sample.damage(sample.first_pack, 1);
  CHECK(sample.verify(VerifyDepth::read_data).damage.size() == 1);
  const StatusReport status = sample.open_locked().status();
  CHECK(status.last_verified == sample.clock.now());
  CHECK(status.last_verified_depth == VerifyDepth::read_data);
  CHECK(status.last_verified_damage == 1);
  CHECK(std::ranges::any_of(status.todo, [](const std::string& todo) {
    return todo.find("repair") != std::string::npos;
  }));
}

TEST_CASE("verify: two packs past healing each name their own files") {
  TwoPacks sample;
  sample.damage(sample.first_pack, 9);
  sample.damage(sample.second_pack, 9);
  const VerifyReport report = sample.verify(VerifyDepth::deep);
  REQUIRE(report.damage.size() == 2);
  for (const Damage& damage : report.damage) {
    const bool is_first = damage.object == sample.name(sample.first_pack);
    CHECK(damage.affects == (is_first ? Strings{"files/1@device:a", "files/2@device:a"}
                                      : Strings{"files/2@device:folder/c"}));
  }
}

TEST_CASE("verify: files of a list that several snapshots share are named for each of them") {
  TwoPacks sample;
  Vault vault = sample.open();
  sample.ingest(vault);  // the third, with the second's list
  sample.damage(sample.second_pack, 9);
  const VerifyReport report = vault.verify(VerifyDepth::read_data, sample.activity);
  REQUIRE(report.damage.size() == 1);
  CHECK(report.damage[0].affects == Strings{"files/2@device:folder/c", "files/3@device:folder/c"});
}

TEST_CASE("status: says what is there, with names once it is unlocked") {
  TwoPacks sample;
  const StatusReport locked = sample.open_locked().status();
  CHECK_FALSE(locked.unlocked);
  CHECK(locked.device.empty());
  REQUIRE(locked.collections.size() == 1);
  CHECK(locked.collections[0].name.size() == 32);
  CHECK(locked.collections[0].snapshots == 2);
  const StatusReport unlocked = sample.open().status();
  CHECK(unlocked.unlocked);
  CHECK(unlocked.device == "device");
  CHECK(unlocked.collections[0].name == "files");
  CHECK(unlocked.collections[0].packs == 2);
  CHECK(unlocked.collections[0].stored_bytes == 2 * file_bytes(PackClass::mib1));
}
