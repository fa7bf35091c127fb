// One turned bit, everywhere in a vault: every file still comes out as it went in, or is refused by
// name; verify names what is damaged; and where there is parity or a second copy, repair mends it
// without a key. Each test says how many positions it tried.
#include <fmt/format.h>

#include <set>

#include "tests/vault/opened_keys.hpp"
#include "tests/vault/sample_vault.hpp"
#include "vault/base/sanitizers.hpp"
#include "vault/pack/heal.hpp"
#include "vault/pack/reader.hpp"
#include "vault/store/directory_store.hpp"
#include "vault/store/memory_store.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

// A sanitizer takes many times as long, so there only one position in so many is tried.
constexpr std::size_t thinning = has_address_sanitizer || has_thread_sanitizer ? 61 : 1;

const Contents contents{{"a", noise(300'000, 1)},
                        {"folder/b", "small"},
                        {"folder/c", noise(40'000, 2)},
                        {"text", std::string(200'000, 'x')}};
const std::string snapshot = "files/1@device";

using FileNames = std::set<std::string>;

// What is expected of the files that a part of the vault needs.
void expect_named(const Error& error) {
  CAPTURE(error.what());
  CHECK(error.code() == ErrorCode::damaged);
  CHECK_FALSE(error.hint().empty());
}

struct PackLayout {
  std::size_t frames = 0;  // where each part begins
  std::size_t table = 0;
  std::size_t tail = 0;
  std::size_t parity = 0;
  std::size_t tile = 0;
};

struct Sweep : SampleVault {
  Sweep() {
    ingest(contents);
    pack = packs().front();
    good_pack = read_text(pack);
    REQUIRE(packs().size() == 1);
    REQUIRE(good_pack.size() == file_bytes(PackClass::mib1));
    find_layout();
  }

  [[nodiscard]] PackId id() const { return *PackId::from_hex(pack.stem().string()); }
  [[nodiscard]] const EpochSecretKey& key() const { return *x_key; }

  // The files that `vault` refuses to read, as verify names them, the snapshot standing for all of
  // its own. Others are read, and right.
  [[nodiscard]] FileNames refused(Vault& vault) {
    std::unique_ptr<Reader> reader;
    std::vector<Entry> entries;
    const auto lost = error_of([&] {
      reader =
          vault.reader(vault.resolve(*SnapshotName::parse("files/1")), ReaderUse::bulk, activity);
      reader->visit("", [&](const Entry& entry) {
        if (entry.kind == EntryKind::file) entries.push_back(entry);
        return true;
      });
    });
    if (lost) {
      expect_named(*lost);
      return {snapshot};
    }
    CHECK(entries.size() == contents.size());
    FileNames refused;
    for (const Entry& entry : entries) {
      std::string text;
      const auto error =
          error_of([&] { reader->read(entry, [&](ByteView bytes) { text += as_text(bytes); }); });
      if (error) {
        expect_named(*error);
        CHECK(std::string_view(error->what()).find(entry.path) != std::string_view::npos);
        refused.insert(snapshot + ":" + entry.path);
      } else {
        const bool right = text == contents.at(entry.path);  // not to print it
        CHECK(right);
      }
    }
    return refused;
  }

  // The files of this name in the vault's directory and below it.
  [[nodiscard]] std::vector<fs::path> copies(std::string_view name) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().filename() == name) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }

  // Whatever a position did, the next one begins with this.
  [[nodiscard]] std::map<fs::path, std::string> save() const {
    std::map<fs::path, std::string> saved;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) saved[entry.path()] = read_text(entry.path());
    }
    return saved;
  }
  void put_back(const std::map<fs::path, std::string>& saved) const {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && !saved.contains(entry.path())) fs::remove(entry.path());
    }
    for (const auto& [file, text] : saved) write_text(file, text);
  }

  fs::path pack;
  std::string good_pack;
  PackLayout layout;

 private:
  // Head and table of a pack can only be found with its key.
  void find_layout() {
    const DirectoryStore store(*files, path, DirectoryStore::Access::read);
    for (const auto& [collection, access] : x_keys.emplace(*files, path, vault_key()).access) {
      for (const auto& [epoch, key] : access.epoch_secrets) {
        const auto opened = open_pack(store, id(), {&key, 1}, PackAccess::whole);
        const auto* reader = std::get_if<PackReader>(&opened);
        if (reader == nullptr) continue;
        x_key = &key;
        const PackForm form = reader->form();
        const std::size_t table = reader->head().table_offset;
        layout = {.frames = frames_offset(form.suite),
                  .table = table,
                  .tail = table + reader->head().table_bytes + tag_bytes(form.suite),
                  .parity = data_bytes(form.size_class),
                  .tile = body_bytes(form.size_class)};
      }
    }
    REQUIRE(x_key != nullptr);
  }

  std::optional<OpenedKeys> x_keys;
  const EpochSecretKey* x_key = nullptr;
};

// Turns one bit of `file`, which held `good`, and writes it whole.
void turn_bit(const fs::path& file, std::string good, std::size_t at, unsigned bit) {
  good[at] = static_cast<char>(good[at] ^ static_cast<char>(1U << bit));
  write_text(file, good);
}

// Calls `check(at, bit)` for every `step`th position of [begin, end) with one bit, another one each
// time, and says how many those were.
template <class Check>
void for_each_position(std::string_view what, std::size_t begin, std::size_t end, std::size_t step,
                       Check&& check) {
  std::size_t tried = 0;
  for (std::size_t at = begin; at < end; at += step * thinning) {
    const auto bit = static_cast<unsigned>(tried++ % 8);
    CAPTURE(at);
    CAPTURE(bit);
    check(at, bit);
  }
  MESSAGE(fmt::format("{}: {} positions", what, tried));
}

// Every frame's payload, in order; empty if any is refused.
std::optional<Bytes> read_frames(const PackReader& reader) {
  Bytes all;
  for (std::size_t frame = 0; frame < reader.head().frame_count; ++frame) {
    const auto payload = reader.read_frame(frame);
    if (!payload) return std::nullopt;
    append(all, *payload);
  }
  return all;
}

// Opens a pack's file as a reader that looks for damage only where something does not open.
std::optional<Bytes> read_pack(const Sweep& sample, ByteView file) {
  MemoryStore store;
  store.replace(pack_key(sample.id()), file);
  const auto opened = open_pack(store, sample.id(), {&sample.key(), 1}, PackAccess::whole);
  const auto* reader = std::get_if<PackReader>(&opened);
  if (reader == nullptr) return std::nullopt;
  const auto frames = read_frames(*reader);
  if (frames) return frames;
  const auto checked = open_pack(store, sample.id(), {&sample.key(), 1}, PackAccess::checked);
  return read_frames(std::get<PackReader>(checked));
}

}  // namespace

// Every bit of them alone, without the pack around them: tests/pack.
TEST_CASE("bit flips: every byte of a pack's header, head, table and tile heals to what it was") {
  Sweep sample;
  const PackLayout& layout = sample.layout;
  const ByteView good = as_bytes(sample.good_pack);
  const Bytes frames = read_pack(sample, good).value();
  const std::size_t shard_bytes = layout.tile / pack_format::shards;
  using Indexes = std::vector<std::size_t>;
  Bytes file(good.begin(), good.end());
  const auto heals = [&](std::size_t at, unsigned bit) {
    file[at] ^= static_cast<std::byte>(1U << bit);
    const PackExamination found = examine_pack(file, sample.id());
    CHECK(found.condition == PackCondition::healable);
    const bool in_tile = at >= layout.tile;
    const Indexes one{in_tile ? (at - layout.tile) / Sha256Digest::size : at / shard_bytes};
    CHECK(found.damaged_shards == (in_tile ? Indexes{} : one));
    CHECK(found.damaged_tile_entries == (in_tile ? one : Indexes{}));
    CHECK(equal(found.healed, good));
    file[at] = good[at];
  };
  const auto heals_and_reads = [&](std::size_t at, unsigned bit) {
    heals(at, bit);
    file[at] ^= static_cast<std::byte>(1U << bit);
    CHECK(read_pack(sample, file) == frames);
    file[at] = good[at];
  };
  for_each_position("header and head", 0, layout.frames, 1, heals_and_reads);
  for_each_position("table", layout.table, layout.tail, 1, heals_and_reads);
  for_each_position("tile", layout.tile, good.size(), 1, heals);
  for_each_position("frames", layout.frames, layout.table, 2039, heals_and_reads);
  for_each_position("tail and parity", layout.tail, layout.tile, 4093, heals);
}

TEST_CASE("bit flips: one in a pack is read past, named, and repaired without a key") {
  Sweep sample;
  const std::string name = "pack " + sample.id().hex();
  const auto check = [&](std::size_t at, unsigned bit) {
    turn_bit(sample.pack, sample.good_pack, at, bit);
    Vault vault = sample.open();
    CHECK(sample.refused(vault).empty());
    const VerifyReport report = vault.verify(VerifyDepth::read_data, sample.activity);
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].object == name);
    CHECK(report.damage[0].healable);
    CHECK(report.damage[0].affects.empty());
    Vault locked = sample.open_locked();
    CHECK(locked.repair(sample.activity).damage.empty());
    const bool mended = read_text(sample.pack) == sample.good_pack;
    REQUIRE(mended);
  };
  const PackLayout& layout = sample.layout;
  for_each_position("header and head", 0, layout.frames, 31, check);
  for_each_position("frames", layout.frames, layout.table, 16'381, check);
  for_each_position("table", layout.table, layout.tail, 31, check);
  for_each_position("tail and parity", layout.tail, layout.tile, 65'521, check);
  for_each_position("tile", layout.tile, sample.good_pack.size(), 509, check);
}

TEST_CASE("bit flips: with a pack's parity gone, one costs the files that it is in and no others") {
  Sweep sample;
  const PackLayout& layout = sample.layout;
  std::string bare = sample.good_pack;
  for (std::size_t at = layout.parity; at < layout.tile; at += 1000) bare[at] ^= 1;
  FileNames lost;
  const auto check = [&](std::size_t at, unsigned bit) {
    turn_bit(sample.pack, bare, at, bit);
    Vault vault = sample.open();
    const FileNames refused = sample.refused(vault);
    for (const VerifyDepth depth : {VerifyDepth::read_data, VerifyDepth::deep}) {
      const VerifyReport report = vault.verify(depth, sample.activity);
      REQUIRE(report.damage.size() == 1);
      CHECK_FALSE(report.damage[0].healable);
      const FileNames affected(report.damage[0].affects.begin(), report.damage[0].affects.end());
      CHECK(affected == refused);
    }
    lost.insert(refused.begin(), refused.end());
  };
  for_each_position("header and head", 0, layout.frames, 61, check);
  for_each_position("frames", layout.frames, layout.table, 4093, check);
  for_each_position("table", layout.table, layout.tail, 31, check);
  for_each_position("tail", layout.tail, layout.parity, 65'521, check);
  CHECK(lost.contains(snapshot));
  CHECK((thinning > 1 || lost.contains(snapshot + ":a")));
}

// Every bit of a ledger's copies, of a keyring's and of a marker: tests/ledger, tests/keyring and
// marker_test.cpp.
TEST_CASE("bit flips: one in a copy of keyring or ledger is read past, named, and repaired") {
  Sweep sample;
  for (const char* name : {"keyring", "keyring.2", "tail", "tail.2"}) {
    for (const fs::path& file : sample.copies(name)) {
      const std::string good = read_text(file);
      const std::string what = fs::relative(file, sample.path).string();
      for_each_position(what, 0, good.size(), 151, [&](std::size_t at, unsigned bit) {
        turn_bit(file, good, at, bit);
        Vault vault = sample.open();
        CHECK(sample.refused(vault).empty());
        Vault locked = sample.open_locked();
        const VerifyReport report = locked.verify(VerifyDepth::presence, sample.activity);
        REQUIRE(report.damage.size() == 1);
        CHECK(report.damage[0].healable);
        CHECK(locked.repair(sample.activity).repaired.size() == 1);
        const bool mended = read_text(file) == good;
        REQUIRE(mended);
      });
    }
  }
}

TEST_CASE("bit flips: one in both copies of keyring or ledger is named, and nothing wrong read") {
  Sweep sample;
  const auto saved = sample.save();
  for (const char* name : {"keyring", "tail"}) {
    for (const fs::path& file : sample.copies(name)) {
      const std::string good = saved.at(file);
      const fs::path second = file.native() + ".2";
      REQUIRE(saved.at(second) == good);
      const bool ledger = file.filename() == "tail";
      const std::string object = ledger ? "ledger " + file.parent_path().filename().string() : name;
      const std::string what = "both of " + fs::relative(file, sample.path).string();
      for_each_position(what, 0, good.size(), 61, [&](std::size_t at, unsigned bit) {
        turn_bit(file, good, at, bit);
        turn_bit(second, good, at, bit);
        const auto error = error_of([&] {
          Vault vault = sample.open();
          const VerifyReport report = vault.verify(VerifyDepth::presence, sample.activity);
          CHECK(std::ranges::any_of(report.damage, [&](const Damage& damage) {
            return damage.object.starts_with(object);
          }));
          // With a collection's own ledger goes all that it lists.
          const FileNames refused = sample.refused(vault);
          CHECK((refused.empty() || refused == FileNames{snapshot}));
        });
        if (error) {
          expect_named(*error);
          CHECK(std::string_view(error->what()).find(object) != std::string_view::npos);
        }
        sample.put_back(saved);
      });
    }
  }
}

TEST_CASE("bit flips: one in a full tile or bundle is named, and made again") {
  Sweep sample;
  {
    Vault vault = sample.open();
    for (int i = 0; i < 127; ++i) sample.ingest(vault);
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(sample.path / "ledgers")) {
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with("tail")) {
      files.push_back(entry.path());
    }
  }
  REQUIRE(files.size() == 2);
  for (const fs::path& file : files) {
    const std::string good = read_text(file);
    const std::string what = fs::relative(file, sample.path / "ledgers").string().substr(65);
    for_each_position(
        what, 0, good.size(), good.size() / 24 + 1, [&](std::size_t at, unsigned bit) {
          turn_bit(file, good, at, bit);
          Vault locked = sample.open_locked();
          const VerifyReport report = locked.verify(VerifyDepth::presence, sample.activity);
          REQUIRE(report.damage.size() == 1);
          CHECK(report.damage[0].object.find(what) != std::string::npos);
          CHECK(report.damage[0].healable);
          CHECK(locked.repair(sample.activity).damage.empty());
          const bool mended = read_text(file) == good;
          REQUIRE(mended);
        });
  }
}

TEST_CASE("bit flips: one in a database or its log is healed or named, and ends with a rebuild") {
  for (const char* database : {"catalog.db"}) {
    // As a crash leaves them: with what was not yet moved from the log into the file.
    Sweep sample;
    std::map<fs::path, std::string> saved;
    {
      Vault vault = sample.open();
      sample.ingest(vault);
      saved = sample.save();
    }
    const fs::path file = sample.path / database;
    const fs::path log = file.native() + "-wal";
    saved.erase(file.native() + "-shm");
    REQUIRE(saved.at(log).size() > 4096);
    std::size_t met = 0;
    for (const fs::path& part : {file, log}) {
      const auto check = [&](std::size_t at, unsigned bit) {
        sample.put_back(saved);
        turn_bit(part, saved.at(part), at, bit);
        const auto error = error_of([&] {
          const bool right = sample.read("files/1") == contents;
          CHECK(right);
        });
        if (error) {
          ++met;
          expect_named(*error);
          CHECK(std::string_view(error->what()).find(database) != std::string_view::npos);
          CHECK(error->hint().find("catalog rebuild") != std::string::npos);
        }
        Vault vault = sample.open();
        vault.rebuild_catalog(sample.activity);
        const bool right = sample.read(vault, "files/1") == contents;
        CHECK(right);
        CHECK(vault.verify(VerifyDepth::presence, sample.activity).damage.empty());
      };
      const std::string what = part.filename().string();
      for_each_position(what + ", its beginning", 0, 32, 1, check);
      for_each_position(what, 32, saved.at(part).size(), 1021, check);
    }
    CHECK((thinning > 1 || met > 0));
    MESSAGE(fmt::format("{}: {} of these ended a command", database, met));
  }
}

TEST_CASE("bit flips: one in the marker or in the record of the last check changes nothing read") {
  Sweep sample;
  CHECK(sample.is_whole());
  for (const char* name : {"muniment", "verified"}) {
    const std::string good = read_text(sample.path / name);
    for_each_position(name, 0, good.size(), 7, [&](std::size_t at, unsigned bit) {
      turn_bit(sample.path / name, good, at, bit);
      Vault vault = sample.open();
      CHECK(sample.refused(vault).empty());
      (void)vault.status();
      write_text(sample.path / name, good);
    });
  }
}
