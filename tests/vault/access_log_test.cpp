// What the facade writes to the access log, and that nothing happens where it cannot.
#include "tests/vault/sample_vault.hpp"
#include "vault/partners.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

const Contents contents{{"a", "alpha"}, {"folder/b", noise(40'000, 3)}, {"folder/c", "gamma"}};

struct Logged : SampleVault {
  Logged() { ingest(contents); }

  [[nodiscard]] SnapshotInfo snapshot(Vault& vault) {
    return vault.resolve(*SnapshotName::parse("files/1"));
  }
  std::string read_file(Vault& vault, const std::string& name) {
    const auto reader = vault.reader(snapshot(vault), ReaderUse::few, activity,
                                     {.act = access_act::read, .path = name});
    std::string text;
    reader->read(*reader->find(name), [&](ByteView bytes) { text += as_text(bytes); });
    return text;
  }

  // "act stage outcome" of every record since the last call.
  [[nodiscard]] std::vector<std::string> news() {
    std::vector<std::string> list;
    records.clear();
    Vault vault = open();
    std::uint64_t index = 0;
    static_cast<void>(vault.read_access_log(
        [&](const AccessInfo& info) {
          index = info.index;
          if (info.index < seen) return true;
          const AccessRecord& record = info.record;
          std::string line = record.act + " " + std::string(to_text(record.stage));
          if (record.outcome) line += " " + std::string(to_text(*record.outcome));
          list.push_back(line);
          records.push_back(info);
          return true;
        },
        activity));
    // Of this reading, the unlock and the intent; what it ends with comes later.
    REQUIRE(list.size() >= 2);
    CHECK(list[list.size() - 2] == "unlock event ok");
    CHECK(list.back() == "audit intent");
    list.resize(list.size() - 2);
    records.resize(list.size());
    seen = index + 2;
    return list;
  }

  std::uint64_t seen = 0;
  std::vector<AccessInfo> records;
};

}  // namespace

TEST_CASE("access log: what is read is announced first, and then how it ended") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open();
    vault.set_actor("night desk", "checking the transfer plan");
    CHECK(sample.read_file(vault, "folder/c") == "gamma");
  }
  CHECK(sample.news() ==
        std::vector<std::string>{"unlock event ok", "read intent", "read done ok"});
  const AccessInfo& intent = sample.records[1];
  CHECK(intent.device == "device");
  CHECK(intent.member == "member");
  CHECK(intent.collection == "files");
  CHECK(intent.snapshot == "files/1@device");
  CHECK(intent.record.path == "folder/c");
  CHECK(intent.record.user == "night desk");
  CHECK(intent.record.purpose == "checking the transfer plan");
  CHECK(sample.records[2].record.intent == intent.index);
  CHECK(sample.records[2].record.counts == AccessCounts{1, 5});
}

TEST_CASE("access log: listing, searching, comparing, checking and taking in are in it, too") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open();
    CHECK(vault.snapshots("files", sample.activity).size() == 1);
    vault.find(
        {.name_glob = "b", .sha256 = {}, .collection = {}}, [](const FindResult&) { return true; },
        sample.activity);
    static_cast<void>(vault.verify(VerifyDepth::deep, sample.activity));
    static_cast<void>(vault.repair(sample.activity));
    vault.rebuild_catalog(sample.activity);
    vault.create_collection("other", sample.activity);
    static_cast<void>(sample.ingest(vault));
    static_cast<void>(Partners(vault).text_for("member"));
  }
  std::vector<std::string> expected{"unlock event ok"};
  for (const std::string act :
       {"list", "search", "verify", "repair", "catalog", "collection", "ingest", "exchange"}) {
    expected.push_back(act + " intent");
    expected.push_back(act + " done ok");
  }
  CHECK(sample.news() == expected);
  CHECK(sample.records[3].record.detail == "name b");
}

TEST_CASE("access log: a restore is one intent with its scope, and one outcome") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open();
    const auto reader =
        vault.reader(sample.snapshot(vault), ReaderUse::bulk, sample.activity,
                     {.act = access_act::export_files, .path = "folder", .detail = "only *"});
    CHECK(restore(*reader, "folder", sample.directory.path() / "out", {}, sample.activity).files ==
          2);
  }
  CHECK(sample.news() ==
        std::vector<std::string>{"unlock event ok", "export intent", "export done ok"});
  CHECK(sample.records[1].record.path == "folder");
  CHECK(sample.records[1].record.detail == "only *");
  CHECK(sample.records[2].record.counts == AccessCounts{2, 40'005});
}

TEST_CASE("access log: where it cannot be written nothing is read, listed or searched") {
  for (const int error_number : {ENOSPC, EROFS, EIO}) {
    Logged sample;
    FaultyFileSystem faulty(*sample.files);
    Vault vault = sample.open(faulty);
    const SnapshotInfo snapshot = sample.snapshot(vault);
    const std::uint64_t before = sample.news().size();
    CHECK(before > 0);
    faulty.set_fault(Fault{faulty.operations().size(), error_number, true, true});
    const auto refused = [&](auto&& act) {
      const auto error = error_of(act);
      REQUIRE(error);
      CHECK(error->code() == ErrorCode::io);
      CHECK(std::string_view(error->what()).find("access log") != std::string_view::npos);
      CHECK_FALSE(error->hint().empty());
    };
    std::size_t seen = 0;
    refused([&] { static_cast<void>(vault.reader(snapshot, ReaderUse::few, sample.activity)); });
    refused([&] { static_cast<void>(vault.snapshots(std::nullopt, sample.activity)); });
    refused([&] {
      vault.find(
          {.name_glob = "*", .sha256 = {}, .collection = {}},
          [&](const FindResult&) { return ++seen > 0; }, sample.activity);
    });
    refused([&] { static_cast<void>(vault.verify(VerifyDepth::deep, sample.activity)); });
    refused([&] {
      static_cast<void>(
          vault.read_access_log([&](const AccessInfo&) { return ++seen > 0; }, sample.activity));
    });
    CHECK(seen == 0);
    // A process that begins now gets no further than the log.
    refused([&] { static_cast<void>(sample.open(faulty)); });
    faulty.set_fault(std::nullopt);
    CHECK(sample.read(vault, "files/1") == contents);
  }
}

TEST_CASE("access log: reading through an agent takes one sync, before the key is used") {
  Logged sample;
  static_cast<void>(sample.news());
  FaultyFileSystem counted(*sample.files);
  const auto read = [&](const std::string& name) {
    Vault vault = sample.open_locked(counted);
    vault.unlock(vault.open_keys(vault_key()), sample.activity, UnlockEntry::with_first_act);
    return sample.read_file(vault, name);
  };
  CHECK(read("a") == "alpha");
  const auto operations = counted.operations();
  const auto is_sync = [](const FileOperation& operation) {
    return operation.kind == FileOperation::Kind::sync ||
           operation.kind == FileOperation::Kind::sync_directory;
  };
  CHECK(std::ranges::count_if(operations, is_sync) == 1);
  // Where that one fails, nothing is read.
  const auto at = std::ranges::find_if(operations, is_sync) - operations.begin();
  counted.set_fault(
      Fault{counted.operations().size() + static_cast<std::size_t>(at), EIO, false, false});
  CHECK(error_code([&] { read("a"); }) == ErrorCode::io);
  counted.set_fault(std::nullopt);
  CHECK(sample.news() == std::vector<std::string>{"unlock event ok", "read intent", "read done ok",
                                                  "unlock event ok"});
}

TEST_CASE("access log: what an agent's keys are taken for is in it before a message names it") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open_locked();
    vault.unlock(vault.open_keys(vault_key()), sample.activity, UnlockEntry::with_first_act);
    const std::uint64_t before = vault.verify_access_log(sample.activity).check.head.size;
    CHECK(error_code([&] { static_cast<void>(vault.resolve(*SnapshotName::parse("files/9"))); }) ==
          ErrorCode::not_found);
    CHECK(vault.verify_access_log(sample.activity).check.head.size == before + 2);
  }
  CHECK(sample.news() == std::vector<std::string>{"unlock event ok"});
}

TEST_CASE("access log: a disk that fills up while something is read costs only the outcome") {
  Logged sample;
  FaultyFileSystem faulty(*sample.files);
  {
    Vault vault = sample.open(faulty);
    const auto reader = vault.reader(sample.snapshot(vault), ReaderUse::few, sample.activity,
                                     {.act = access_act::read, .path = "a"});
    faulty.set_fault(Fault{faulty.operations().size(), ENOSPC, false, true});
    std::string text;
    reader->read(*reader->find("a"), [&](ByteView bytes) { text += as_text(bytes); });
    CHECK(text == "alpha");
  }
  const std::vector<std::string> news = sample.news();
  CHECK(news.back() == "read intent");
}

TEST_CASE("access log: a collection can ask what for, and without an answer nothing is read") {
  SampleVault sample;
  Vault vault = sample.open();
  vault.create_collection("police-files", sample.activity, {.purpose_required = true});
  write_all(sample.folder, contents);
  const std::vector<fs::path> paths{sample.folder / "."};
  static_cast<void>(vault.ingest("police-files", paths, {}, sample.activity));
  const SnapshotInfo snapshot = vault.resolve(*SnapshotName::parse("police-files/1"));
  const auto open_one = [&] {
    static_cast<void>(vault.reader(snapshot, ReaderUse::few, sample.activity));
  };
  const auto list = [&](std::optional<std::string> collection) {
    return [&vault, &sample, collection] {
      static_cast<void>(vault.snapshots(collection, sample.activity));
    };
  };
  CHECK(error_code(open_one) == ErrorCode::usage);
  CHECK(error_code(list("police-files")) == ErrorCode::usage);
  CHECK(error_code(list(std::nullopt)) == ErrorCode::usage);
  list("files")();
  vault.set_actor("", "checking");
  open_one();
  list(std::nullopt)();
  // Others know it from the ledger.
  Vault again = sample.open();
  CHECK(error_code([&] {
          static_cast<void>(again.reader(snapshot, ReaderUse::few, sample.activity));
        }) == ErrorCode::usage);
}

TEST_CASE("access log: names and purposes are one line of text, and not too long") {
  SampleVault sample;
  Vault vault = sample.open();
  for (const std::string& bad :
       {std::string("two\nlines"), std::string(300, 'x'), std::string("\xff")}) {
    CHECK(error_code([&] { vault.set_actor(bad, ""); }) == ErrorCode::usage);
    CHECK(error_code([&] { vault.set_actor("", bad); }) == ErrorCode::usage);
  }
  vault.set_actor("ann", std::string(200, 'x'));
}

TEST_CASE("access log: what goes wrong is an outcome") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open();
    CHECK(error_code([&] {
            const auto reader = vault.reader(sample.snapshot(vault), ReaderUse::few,
                                             sample.activity, {.path = "none"});
            reader->visit("none", [](const Entry&) { return true; });
          }) == ErrorCode::not_found);
    CHECK(error_code([&] {
            static_cast<void>(Partners(vault).grant({"files", "nobody", "", Rights::read, true},
                                                    sample.activity));
          }) == ErrorCode::not_found);
  }
  CHECK(sample.news() == std::vector<std::string>{"unlock event ok", "read intent",
                                                  "read done failed", "grant intent",
                                                  "grant done failed"});
}

TEST_CASE("access log: what was stopped is said to be interrupted") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open();
    Notices stopped;
    CHECK(error_code([&] {
            const auto reader = vault.reader(sample.snapshot(vault), ReaderUse::bulk, stopped,
                                             {.act = access_act::export_files});
            stopped.request_stop();
            static_cast<void>(restore(*reader, "", sample.directory.path() / "out", {}, stopped));
          }) == ErrorCode::interrupted);
  }
  CHECK(sample.news() ==
        std::vector<std::string>{"unlock event ok", "export intent", "export done interrupted"});
}

TEST_CASE("access log: a wrong key is in it after the next right one") {
  Logged sample;
  static_cast<void>(sample.news());
  for (int i = 0; i < 2; ++i) {
    Vault vault = sample.open_locked();
    const Credential wrong = Credential::key_file(SecretBytes::copy_of(FixedRandom(9).bytes(40)));
    CHECK(error_code([&] { vault.unlock(wrong, sample.activity); }) == ErrorCode::wrong_key);
  }
  static_cast<void>(sample.open());
  CHECK(sample.news() ==
        std::vector<std::string>{"unlock event denied", "unlock event denied", "unlock event ok"});
  CHECK(sample.records[0].record.detail == "key file");
}

TEST_CASE("access log: changing who opens the vault is in it") {
  Logged sample;
  static_cast<void>(sample.news());
  {
    Vault vault = sample.open_locked();
    const Credential added = Credential::key_file(SecretBytes::copy_of(FixedRandom(9).bytes(40)));
    const SlotId slot = vault.add_key(vault_key(), added, {}, sample.activity);
    vault.remove_key(vault_key(), slot, sample.activity);
    static_cast<void>(
        vault.export_backup(vault_key(), sample.directory.path() / "backup", sample.activity));
  }
  CHECK(sample.news() == std::vector<std::string>{"key intent", "key done ok", "key intent",
                                                  "key done ok", "backup event ok"});
  CHECK(sample.records[0].record.detail == "add key file");
}

TEST_CASE("access log: verify names what is damaged in it, and repair mends it without a key") {
  Logged sample;
  const fs::path folder = fs::directory_iterator(sample.path / "access")->path();
  CHECK(sample.is_whole());
  for (const char* copy : {"log", "log.2"}) {
    CAPTURE(copy);
    flip_bit(folder / copy, fs::file_size(folder / copy) / 2);
    Vault vault = sample.open_locked();
    const VerifyReport report = vault.verify(VerifyDepth::presence, sample.activity);
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].object == std::string("access log: ") + copy);
    CHECK(report.damage[0].healable);
    CHECK(vault.repair(sample.activity).damage.empty());
    CHECK(vault.verify(VerifyDepth::presence, sample.activity).damage.empty());
  }
}

TEST_CASE("access log: damaged in both copies it keeps the vault shut, until somebody says go on") {
  Logged sample;
  const fs::path folder = fs::directory_iterator(sample.path / "access")->path();
  for (const char* copy : {"log", "log.2"}) {
    flip_bit(folder / copy, fs::file_size(folder / copy) - 200);
  }
  const auto error = error_of([&] { static_cast<void>(sample.open()); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(error->hint().find("log repair") != std::string::npos);
  Vault vault = sample.open_locked();
  CHECK(vault.verify(VerifyDepth::presence, sample.activity).damage.size() == 1);
  const DeviceKeys keys = vault.open_keys(vault_key());
  CHECK(vault.repair_access_log(keys, sample.activity).value_or(0) > 0);
  CHECK_FALSE(vault.repair_access_log(keys, sample.activity));
  CHECK(sample.read("files/1") == contents);
  const std::vector<std::string> news = sample.news();
  CHECK(std::ranges::find(news, "log event partly") != news.end());
}

TEST_CASE("access log: an entry can be proved without a key, and one that is not there cannot") {
  Logged sample;
  Vault vault = sample.open_locked();
  const AccessLogReport report = vault.verify_access_log(sample.activity);
  CHECK(report.exists);
  CHECK(report.check.damage.empty());
  CHECK(vault.access_log_proof(report.check.head.size - 1)
            .starts_with("c2sp.org/tlog-proof@v1\nindex "));
  CHECK(error_code([&] { static_cast<void>(vault.access_log_proof(report.check.head.size)); }) ==
        ErrorCode::not_found);
}
