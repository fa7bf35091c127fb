#include <thread>

#include "tests/vault/sample_vault.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

const Contents first{{"a", "1"}, {"b", noise(700'000, 20)}};
const Contents second{{"a", "2"}, {"b", noise(700'000, 20)}, {"c", noise(50'000, 21)}};

struct TwoSnapshots : SampleVault {
  TwoSnapshots() {
    ingest(first);
    fs::copy_file(catalog(), old_catalog());
    fs::copy(path / "ledgers", old_ledgers(), fs::copy_options::recursive);
    ingest(second);
  }
  [[nodiscard]] fs::path catalog() const { return path / "catalog.db"; }
  [[nodiscard]] fs::path old_catalog() const { return directory.path() / "old.db"; }
  [[nodiscard]] fs::path old_ledgers() const { return directory.path() / "old-ledgers"; }

  void remove_catalog() const {
    for (const char* name : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) {
      fs::remove(path / name);
    }
  }

  // Both snapshots, and another one.
  void check_all() {
    Vault vault = open();
    CHECK(read(vault, "files/1") == first);
    CHECK(read(vault, "files/2") == second);
    CHECK(ingest(vault).packs == 1);
    CHECK(vault.verify(VerifyDepth::deep, activity).damage.empty());
  }
};

}  // namespace

TEST_CASE("catalog: a deleted one is made again, and that is said") {
  TwoSnapshots sample;
  sample.remove_catalog();
  sample.check_all();
  CHECK(sample.activity.count("the catalog is missing") == 1);
}

TEST_CASE("catalog: one of another vault is made again") {
  TwoSnapshots sample;
  SampleVault stranger(3);
  stranger.ingest(first);
  sample.remove_catalog();
  fs::copy_file(stranger.path / "catalog.db", sample.catalog());
  sample.check_all();
  CHECK(sample.activity.count("it is made again") == 1);
}

TEST_CASE("catalog: an older copy is brought up to date") {
  TwoSnapshots sample;
  sample.remove_catalog();
  fs::copy_file(sample.old_catalog(), sample.catalog());
  sample.check_all();
  CHECK(sample.activity.count("it is made again") == 0);
}

TEST_CASE("catalog: one that is empty, truncated or nonsense is made again") {
  TwoSnapshots sample;
  const auto size = fs::file_size(sample.catalog());
  int rebuilt = 0;
  for (const std::uintmax_t left : {std::uintmax_t{0}, std::uintmax_t{100}, std::uintmax_t{4096}}) {
    REQUIRE(left < size);
    sample.remove_catalog();
    write_text(sample.catalog(), noise(left, 22));
    Vault vault = sample.open();
    CHECK(sample.read(vault, "files/2") == second);
    CHECK(sample.activity.count("it is made again") == static_cast<std::size_t>(++rebuilt));
  }
  sample.check_all();
}

TEST_CASE("catalog: a turned bit anywhere never gives a wrong byte, and repair ends it") {
  TwoSnapshots sample;
  const auto size = fs::file_size(sample.catalog());
  fs::copy_file(sample.catalog(), sample.directory.path() / "good.db");
  for (std::uintmax_t at = 5; at < size; at += 4096) {
    CAPTURE(at);
    sample.remove_catalog();
    fs::copy_file(sample.directory.path() / "good.db", sample.catalog());
    flip_bit(sample.catalog(), at);
    const auto error = error_of([&] {
      Vault vault = sample.open();
      const Contents one = sample.read(vault, "files/1");
      CHECK(one == first);
      const Contents two = sample.read(vault, "files/2");
      CHECK(two == second);
    });
    if (error) CHECK(error->code() == ErrorCode::damaged);
    Vault vault = sample.open();
    CHECK(vault.repair(sample.activity).damage.empty());
    CHECK(sample.read(vault, "files/1") == first);
    CHECK(sample.read(vault, "files/2") == second);
    CHECK(vault.verify(VerifyDepth::presence, sample.activity).damage.empty());
  }
}

TEST_CASE("catalog: it can be made again at any time") {
  TwoSnapshots sample;
  {
    Vault vault = sample.open();
    vault.rebuild_catalog(sample.activity);
    CHECK(sample.read(vault, "files/2") == second);
  }
  sample.check_all();
}

TEST_CASE("catalog: a ledger that was put back to an earlier state is noticed") {
  TwoSnapshots sample;
  fs::remove_all(sample.path / "ledgers");
  fs::copy(sample.old_ledgers(), sample.path / "ledgers", fs::copy_options::recursive);
  {
    Vault vault = sample.open();
    CHECK(sample.activity.count("an older state was put back") == 1);
    CHECK(sample.read(vault, "files/1") == first);
    CHECK_FALSE(vault.verify(VerifyDepth::presence, sample.activity).damage.empty());
    // Nothing is written on top of it until somebody says so.
    CHECK(error_code([&] { sample.ingest(vault); }) == ErrorCode::damaged);
    CHECK(error_code([&] { vault.create_collection("x", sample.activity); }) == ErrorCode::damaged);
    vault.rebuild_catalog(sample.activity);
    CHECK(vault.snapshots(std::nullopt, sample.activity).size() == 1);
    CHECK(vault.status().packs_unlisted == 1);
  }
  // What the forgotten snapshot stored is found again.
  Vault vault = sample.open();
  const IngestReport report = sample.ingest(vault);
  CHECK(report.snapshot == "files/2@device");
  CHECK(report.bytes_new < 10'000);
  CHECK(sample.read(vault, "files/2") == second);
  CHECK(vault.verify(VerifyDepth::deep, sample.activity).damage.empty());
}

TEST_CASE("vault: who waits for another process can be stopped") {
  TwoSnapshots sample;
  Vault vault = sample.open();
  vault.set_lock_wait(std::chrono::hours(1));
  const auto lock = sample.files->try_lock(sample.path / "muniment");
  REQUIRE(lock);
  std::thread stop([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    sample.activity.request_stop();
  });
  CHECK(error_code([&] { sample.ingest(vault); }) == ErrorCode::interrupted);
  stop.join();
  CHECK(error_code([&] { vault.create_collection("x", sample.activity); }) ==
        ErrorCode::interrupted);
  CHECK(error_code([&] { (void)vault.repair(sample.activity); }) == ErrorCode::interrupted);
  CHECK(error_code([&] { vault.rebuild_catalog(sample.activity); }) == ErrorCode::interrupted);
}

TEST_CASE("vault: while one writes others wait, and then say that it is busy") {
  TwoSnapshots sample;
  Vault vault = sample.open();
  auto lock = sample.files->try_lock(sample.path / "muniment");
  REQUIRE(lock);
  CHECK(error_code([&] { sample.ingest(vault); }) == ErrorCode::busy);
  CHECK(error_code([&] { vault.create_collection("x", sample.activity); }) == ErrorCode::busy);
  CHECK(error_code([&] { (void)vault.repair(sample.activity); }) == ErrorCode::busy);
  CHECK(error_code([&] { vault.rebuild_catalog(sample.activity); }) == ErrorCode::busy);
  // Reading needs no lock, verifying neither.
  CHECK(sample.read("files/2") == second);
  CHECK(sample.is_whole());

  vault.set_lock_wait(std::chrono::minutes(5));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    lock.reset();
  });
  CHECK(sample.ingest(vault).snapshot == "files/3@device");
  other.join();
}

TEST_CASE("vault: a marker that repair replaced is still locked") {
  TwoSnapshots sample;
  flip_bit(sample.path / "muniment", 30);
  FaultyFileSystem recording(*sample.files);
  Vault vault = sample.open_locked(recording);
  // A second writer that comes as soon as the marker is new.
  CHECK(vault.repair(sample.activity).repaired.size() == 1);
  CHECK(sample.files->try_lock(sample.path / "muniment"));
  CHECK(sample.is_whole());
}

TEST_CASE("vault: two of them write in turn and see what the other did") {
  TwoSnapshots sample;
  Vault one = sample.open();
  Vault two = sample.open();
  CHECK(sample.ingest(one).snapshot == "files/3@device");
  CHECK(sample.ingest(two).snapshot == "files/4@device");
  one.create_collection("new", sample.activity);
  const std::vector<fs::path> paths{sample.folder / "."};
  two.create_collection("newer", sample.activity);
  CHECK(two.ingest("new", paths, {}, sample.activity).snapshot == "new/1@device");
  CHECK(sample.ingest(one).snapshot == "files/5@device");
  CHECK(error_code([&] { two.create_collection("new", sample.activity); }) == ErrorCode::exists);
}

TEST_CASE("vault: a reader works while another process takes files in") {
  TwoSnapshots sample;
  Contents more;
  for (int i = 0; i < 40; ++i)
    more[std::to_string(i)] = noise(400'000, 100 + static_cast<std::uint64_t>(i));
  write_all(sample.folder, more);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    Vault vault = sample.open();
    vault.set_lock_wait(std::chrono::minutes(5));
    sample.ingest(vault);
    done = true;
  });
  do {
    Vault vault = sample.open();
    vault.set_lock_wait(std::chrono::minutes(5));
    CHECK(sample.read(vault, "files/1") == first);
    CHECK(vault.verify(VerifyDepth::presence, sample.activity).damage.empty());
  } while (!done);
  writer.join();
  CHECK(sample.read("files/3").size() == more.size() + second.size());
}
