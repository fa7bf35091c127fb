#include "tests/vault/members.hpp"
#include "vault/consortium/keys.hpp"
#include "vault/keyring/keyring_file.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/ledger_set.hpp"
#include "vault/marker.hpp"
#include "vault/snapshot/disclosure.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

using Strings = std::vector<std::string>;

std::optional<SnapshotName> parse(std::string_view text) {
  return SnapshotName::parse(text);
}

SnapshotInfo resolve(Vault& vault, std::string_view name) {
  return vault.resolve(*parse(name));
}

Strings find(SampleVault& sample, Vault& vault, const FindQuery& query) {
  Strings found;
  vault.find(
      query,
      [&](const FindResult& result) {
        found.push_back(result.snapshot + ":" + result.entry.path);
        return true;
      },
      sample.activity);
  return found;
}

Strings diff_of(SampleVault& sample, Vault& vault, std::string_view before, std::string_view after,
                std::string_view before_path = "", std::string_view after_path = "") {
  const auto a = vault.reader(resolve(vault, before), ReaderUse::few, sample.activity);
  const auto b = vault.reader(resolve(vault, after), ReaderUse::few, sample.activity);
  Strings found;
  diff(
      *a, before_path, *b, after_path,
      [&](const Difference& difference) {
        constexpr std::array<std::string_view, 4> marks{"+", "-", "M", "T"};
        CHECK((difference.before == nullptr) == (difference.change == Change::added));
        CHECK((difference.after == nullptr) == (difference.change == Change::removed));
        found.push_back(std::string(marks.at(static_cast<std::size_t>(difference.change))) +
                        difference.path);
      },
      sample.activity);
  return found;
}

}  // namespace

TEST_CASE("snapshot name: collection, number or latest, and a device") {
  const auto name = parse("my-files/12@dev ice");
  REQUIRE(name);
  CHECK(name->collection == "my-files");
  CHECK(name->number == 12);
  CHECK(name->device == "dev ice");
  CHECK(parse("a/latest")->number == std::nullopt);
  CHECK(parse("a/latest@x")->device == "x");
  CHECK(parse("a/1@x@y")->device == "x@y");
  CHECK(parse("a/999999999999999999"));
}

TEST_CASE("snapshot name: anything else is none") {
  for (const char* text :
       {"", "a", "a/", "/1", "a/0", "a/01", "a/-1", "a/+1", "a/1 ", "a/ 1", "a/1@", "a/Latest",
        "A/1", "a b/1", "a/b/1", "a/1/2", "a/9999999999999999999", "-a/1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("resolve: a number, the latest, a device by name or by the start of its id") {
  SampleVault sample;
  sample.ingest(Contents{{"a", "1"}});
  sample.ingest(Contents{{"a", "2"}});
  Vault vault = sample.open();
  CHECK(resolve(vault, "files/1").number == 1);
  CHECK(resolve(vault, "files/latest").number == 2);
  CHECK(resolve(vault, "files/latest").name == "files/2@device");
  CHECK(resolve(vault, "files/2@device").number == 2);
  const SnapshotInfo info = resolve(vault, "files/1");
  CHECK(info.collection == "files");
  CHECK(info.device == "device");
  CHECK(info.files == 1);
  CHECK(info.bytes == 1);
  CHECK(info.created == sample.clock.now());

  for (const char* missing : {"files/3", "files/1@other", "files/1@dev", "other/1"}) {
    CAPTURE(missing);
    CHECK(error_code([&] { (void)resolve(vault, missing); }) == ErrorCode::not_found);
  }
  CHECK(vault.snapshots("files", sample.activity).size() == 2);
  CHECK(error_code([&] { (void)vault.snapshots("other", sample.activity); }) ==
        ErrorCode::not_found);
}

TEST_CASE("resolve: in an empty collection nothing is the latest, and the hint says what to do") {
  SampleVault sample;
  Vault vault = sample.open();
  const auto error = error_of([&] { (void)resolve(vault, "files/latest"); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::not_found);
  CHECK(error->hint().find("ingest files") != std::string::npos);
}

TEST_CASE("vault: what needs a key says so before it has one") {
  SampleVault sample;
  Vault vault = sample.open_locked();
  CHECK(error_code([&] { (void)vault.collections(); }) == ErrorCode::denied);
  CHECK(error_code([&] { sample.ingest(vault, sample.directory.path()); }) == ErrorCode::denied);
  CHECK(error_code([&] { (void)resolve(vault, "files/1"); }) == ErrorCode::denied);
  CHECK(error_code([&] { vault.rebuild_catalog(sample.activity); }) == ErrorCode::denied);
  CHECK(error_code([&] { vault.create_collection("x", sample.activity); }) == ErrorCode::denied);
}

TEST_CASE("vault: names of collections are checked, and each is given once") {
  SampleVault sample;
  Vault vault = sample.open();
  for (const std::string& name : {std::string(), std::string("A"), std::string("-a"),
                                  std::string("a b"), std::string(64, 'a'), std::string("a/b")}) {
    CAPTURE(name);
    CHECK(error_code([&] { vault.create_collection(name, sample.activity); }) == ErrorCode::usage);
  }
  CHECK(error_code([&] { vault.create_collection("files", sample.activity); }) ==
        ErrorCode::exists);
  vault.create_collection(std::string(63, 'a'), sample.activity);
  CHECK(vault.collections().size() == 2);
}

TEST_CASE("vault: its directory is found from below, and not made where something is") {
  SampleVault sample;
  fs::create_directories(sample.path / "packs" / "deep");
  CHECK(Vault::find_directory(sample.path / "packs" / "deep", *sample.files) == sample.path);
  CHECK(Vault::find_directory(sample.path, *sample.files) == sample.path);
  CHECK_FALSE(Vault::find_directory(sample.directory.path(), *sample.files));
  CHECK(error_code([&] { sample.init(*sample.files); }) == ErrorCode::exists);
  CHECK(error_code([&] {
          (void)Vault::open(sample.directory.path(), sample.environment(*sample.files));
        }) == ErrorCode::no_vault);
  CHECK(sample.is_whole());
}

TEST_CASE("find: by the last component, by the whole path, and by SHA-256") {
  SampleVault sample;
  sample.ingest(Contents{{"a.txt", "same"}, {"folder/a.txt", "other"}, {"folder/b", "same"}});
  sample.ingest(Contents{{"folder/b", "same"}, {"[x]", "other"}});
  Vault vault = sample.open();
  FindQuery query;
  query.name_glob = "a.*";
  CHECK(find(sample, vault, query) ==
        Strings{"files/1@device:a.txt", "files/1@device:folder/a.txt"});
  query.name_glob = "folder/*";
  CHECK(find(sample, vault, query) == Strings{"files/1@device:folder/a.txt",
                                              "files/1@device:folder/b",
                                              "files/2@device:folder/b"});
  query.name_glob = "*/a.txt";
  CHECK(find(sample, vault, query) == Strings{"files/1@device:folder/a.txt"});
  query.name_glob = "\\[x\\]";
  CHECK(find(sample, vault, query) == Strings{"files/2@device:[x]"});
  query.name_glob = "nothing";
  CHECK(find(sample, vault, query).empty());

  query = {};
  query.sha256 = sha256(as_bytes("same"));
  CHECK(find(sample, vault, query) ==
        Strings{"files/1@device:a.txt", "files/1@device:folder/b", "files/2@device:folder/b"});
  query.name_glob = "b";
  CHECK(find(sample, vault, query).size() == 2);
  query = {};
  query.collection = "none";
  CHECK(error_code([&] { (void)find(sample, vault, query); }) == ErrorCode::not_found);
}

TEST_CASE("find: a file that a list shared by two snapshots holds is found in both") {
  SampleVault sample;
  write_all(sample.folder, {{"a", "1"}, {"b", "2"}});
  Vault vault = sample.open();
  sample.ingest(vault);
  sample.ingest(vault);
  FindQuery query;
  query.name_glob = "a";
  CHECK(find(sample, vault, query) == Strings{"files/1@device:a", "files/2@device:a"});
  int seen = 0;
  vault.find(query, [&](const FindResult&) { return ++seen < 1; }, sample.activity);
  CHECK(seen == 1);
}

TEST_CASE("diff: what was added, removed, changed or only touched, in path order") {
  SampleVault sample;
  Vault vault = sample.open();
  IngestOptions options;
  write_all(sample.folder, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e/f", "5"}});
  fs::create_symlink("x", sample.folder / "link");
  sample.ingest(vault);
  fs::remove(sample.folder / "a");
  write_text(sample.folder / "b", "changed");
  fs::permissions(sample.folder / "c", fs::perms::owner_all);
  write_text(sample.folder / "e" / "g", "new");
  fs::remove(sample.folder / "d");
  fs::create_directory(sample.folder / "d");
  fs::remove(sample.folder / "link");
  fs::create_symlink("y", sample.folder / "link");
  sample.ingest(vault);
  CHECK(diff_of(sample, vault, "files/1", "files/2") ==
        Strings{"-a", "Mb", "Tc", "Md", "Te", "+e/g", "Mlink"});
  CHECK(diff_of(sample, vault, "files/2", "files/1") ==
        Strings{"+a", "Mb", "Tc", "Md", "Te", "-e/g", "Mlink"});
  CHECK(diff_of(sample, vault, "files/1", "files/1").empty());
  CHECK(diff_of(sample, vault, "files/1", "files/2", "e", "e") == Strings{"T", "+g"});
  CHECK(error_code([&] { (void)diff_of(sample, vault, "files/1", "files/2", "a", "a"); }) ==
        ErrorCode::not_found);
}

TEST_CASE("diff: a folder is compared with its renamed self") {
  SampleVault sample;
  Vault vault = sample.open();
  write_all(sample.folder, {{"one/a", "1"}, {"one/b.c", "2"}, {"one/b/d", "3"}});
  sample.ingest(vault);
  fs::rename(sample.folder / "one", sample.folder / "two");
  write_text(sample.folder / "two" / "b" / "e", "new");
  sample.ingest(vault);
  const Strings found = diff_of(sample, vault, "files/1", "files/2", "one", "two");
  CHECK(std::ranges::count(found, "+b/e") == 1);
  for (const std::string& line : found) CHECK((line == "+b/e" || line == "Tb"));
}

TEST_CASE("snapshot: the content root follows from the entries and the epoch's key") {
  SampleVault sample;
  Vault vault = sample.open();
  write_all(sample.folder, {{"a", "1"}, {"b", ""}, {"c/d", noise(3'000'000, 40)}, {"e", "1"}});
  sample.ingest(vault);
  const SnapshotInfo info = resolve(vault, "files/1");
  const auto reader = vault.reader(info, ReaderUse::few, sample.activity);
  const SnapshotIndex& index = reader->index();

  const KeyringIdentity identity = find_marker(*sample.files, sample.path).identity;
  const UnlockedKeyring keys =
      load_keyring(*sample.files, sample.path, identity.vault).keyring.unlock(vault_key());
  const LedgerSet ledgers =
      load_ledgers(*sample.files, sample.path / "ledgers", identity.consortium);
  const Consortium consortium = Consortium::replay(identity.consortium, ledgers.pointers());
  const OpenCollections opened =
      open_all_collections(consortium, identity.device, keys.reading->keys.reading);
  const SeedKey key = seed_key(opened.at(info.collection_id).find(index.epoch)->key);
  std::vector<ContentLeaf> leaves;
  reader->visit("", [&](const Entry& entry) {
    if (entry.kind == EntryKind::file) leaves.push_back(content_leaf(key, index.nonce, entry));
    return true;
  });
  std::ranges::sort(leaves);
  std::vector<Sha256Digest> hashes;
  for (const ContentLeaf& leaf : leaves) hashes.push_back(leaf.leaf);
  CHECK(merkle_root(hashes) == info.content_root);
  CHECK(index.content_root == info.content_root);
  CHECK(index.files == 4);
  CHECK(index.directories == 1);
}

TEST_CASE("snapshot: each names the ledger entry of the one before") {
  SampleVault sample;
  Vault vault = sample.open();
  write_all(sample.folder, {{"a", "1"}});
  sample.ingest(vault);
  sample.ingest(vault);
  const KeyringIdentity identity = find_marker(*sample.files, sample.path).identity;
  const LedgerSet ledgers =
      load_ledgers(*sample.files, sample.path / "ledgers", identity.consortium);
  Sha256Digest previous;
  std::uint64_t number = 0;
  for (const Ledger& ledger : ledgers.ledgers) {
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const auto entry = decode_snapshot(ledger.entry(i));
      if (!entry) continue;
      CHECK(entry->number == ++number);
      const auto reader = vault.reader(resolve(vault, "files/" + std::to_string(number)),
                                       ReaderUse::few, sample.activity);
      CHECK(reader->index().previous == previous);
      CHECK(reader->index().content_root == entry->content_root);
      previous = ledger.leaf(i);
    }
  }
  CHECK(number == 2);
}

TEST_CASE("snapshot: the same files give another root, so that roots tell nothing") {
  SampleVault sample;
  Vault vault = sample.open();
  write_all(sample.folder, {{"a", "1"}});
  sample.ingest(vault);
  sample.ingest(vault);
  CHECK(resolve(vault, "files/1").content_root != resolve(vault, "files/2").content_root);
}

TEST_CASE("resolve: of devices that are called the same the member's name tells which") {
  TestMember spiegel("spiegel", 1, "desk");
  TestMember bbc("bbc", 2, "desk");
  spiegel.take_in(bbc, Roles().add(Role::reader));
  spiegel.create("letters");
  static_cast<void>(bbc.accept(spiegel.grant("letters", bbc)));
  CHECK(bbc.ingest("letters", {{"of", "bbc"}}) == "letters/1@bbc/desk");
  static_cast<void>(spiegel.accept(bbc.text_for(spiegel)));
  spiegel.copy_packs_from(bbc);
  CHECK(spiegel.ingest("letters", {{"of", "spiegel"}}) == "letters/1@spiegel/desk");

  Vault vault = spiegel.open();
  CHECK(spiegel.read(vault, "letters/1@bbc/desk") == Contents{{"of", "bbc"}});
  CHECK(spiegel.read(vault, "letters/1@spiegel/desk") == Contents{{"of", "spiegel"}});
  try {
    static_cast<void>(vault.resolve(*parse("letters/1@desk")));
    FAIL("two are called so");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::usage);
    CHECK(error.hint() == "name the device, too: letters/1@bbc/desk, letters/1@spiegel/desk");
  }
}
