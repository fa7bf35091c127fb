#include "vault/snapshot/restore.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/vault/sample_vault.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

const Contents example{{"a", "1"},
                       {"a.b", ""},
                       {"folder/b", noise(100'000, 50)},
                       {"folder/deep/\xff\n", "hostile"},
                       {"large", noise(5'000'000, 51)}};

// A vault with one snapshot of the example, a program and a link, and a place to restore to.
struct Restoring : SampleVault {
  Restoring() {
    write_all(folder, example);
    fs::permissions(folder / "a", fs::perms::owner_all);
    fs::create_symlink("../outside", folder / "link");
    const timespec times[2] = {{0, UTIME_OMIT}, {1'000'000'000, 7}};
    for (const char* name : {"a", "folder/deep", "folder"}) {
      REQUIRE(::utimensat(AT_FDCWD, (folder / name).c_str(), times, 0) == 0);
    }
    Vault vault = open();
    ingest(vault);
    fs::create_directory(outside);
  }

  RestoreReport restore(Vault& vault, std::string_view part = "",
                        const RestoreOptions& options = {}) {
    const auto reader =
        vault.reader(vault.resolve(*SnapshotName::parse("files/1")), ReaderUse::bulk, activity);
    return muniment::restore(*reader, part, target, options, activity);
  }
  RestoreReport restore(std::string_view part = "", const RestoreOptions& options = {}) {
    Vault vault = open();
    return restore(vault, part, options);
  }

  // What stands in the destination now.
  [[nodiscard]] Contents restored() const {
    Contents contents;
    for (const auto& entry : fs::recursive_directory_iterator(target)) {
      if (!fs::is_regular_file(entry.symlink_status())) continue;
      contents[fs::relative(entry.path(), target).string()] = read_text(entry.path());
    }
    return contents;
  }

  fs::path target = directory.path() / "target";
  fs::path outside = directory.path() / "outside";
};

struct stat status_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

}  // namespace

TEST_CASE("restore: everything comes back with its mode and time") {
  Restoring sample;
  for (const bool sync : {false, true}) {
    fs::remove_all(sample.target);
    RestoreOptions options;
    options.sync = sync;
    const RestoreReport report = sample.restore("", options);
    CHECK(report.files == example.size());
    CHECK(report.directories == 2);
    CHECK(report.links == 1);
    CHECK(report.bytes == 5'100'008);
    CHECK(report.kept.empty());
    CHECK(report.damaged.empty());
    CHECK(report.failed.empty());
    CHECK(sample.restored() == example);
  }
  CHECK((status_of(sample.target / "a").st_mode & 07777) == 0700);
  CHECK((status_of(sample.target / "a.b").st_mode & 07777) == 0600);
  for (const char* path : {"a", "folder", "folder/deep"}) {
    CHECK(status_of(sample.target / path).st_mtim.tv_sec == 1'000'000'000);
    CHECK(status_of(sample.target / path).st_mtim.tv_nsec == 7);
  }
  CHECK(fs::read_symlink(sample.target / "link") == "../outside");
}

TEST_CASE("restore: a folder gives its contents, a file or a link its last component") {
  Restoring sample;
  CHECK(sample.restore("folder").files == 2);
  CHECK(sample.restored() == Contents{{"b", example.at("folder/b")}, {"deep/\xff\n", "hostile"}});
  fs::remove_all(sample.target);
  CHECK(sample.restore("folder/b").files == 1);
  CHECK(sample.restored() == Contents{{"b", example.at("folder/b")}});
  fs::remove_all(sample.target);
  CHECK(sample.restore("link").links == 1);
  CHECK(error_code([&] { sample.restore("no such"); }) == ErrorCode::not_found);
  CHECK(error_code([&] { sample.restore("folde"); }) == ErrorCode::not_found);
}

TEST_CASE("restore: what exists stays and is said, or is overwritten") {
  Restoring sample;
  write_all(sample.target, {{"a", "mine"}, {"folder/b", "mine, too"}, {"other", "untouched"}});
  RestoreReport report = sample.restore();
  std::ranges::sort(report.kept);
  CHECK(report.kept == std::vector<std::string>{"a", "folder/b"});
  CHECK(read_text(sample.target / "a") == "mine");
  CHECK(report.files == example.size() - 2);
  RestoreOptions options;
  options.overwrite = true;
  report = sample.restore("", options);
  CHECK(report.kept.empty());
  CHECK(report.files == example.size());
  Contents expected = example;
  expected["other"] = "untouched";
  CHECK(sample.restored() == expected);
}

TEST_CASE("restore: hostile links in the destination lead nowhere") {
  for (const bool overwrite : {false, true}) {
    Restoring sample;
    fs::create_directory(sample.target);
    fs::create_directory_symlink(sample.outside, sample.target / "folder");
    fs::create_symlink(sample.outside / "a", sample.target / "a");
    fs::create_directory_symlink(sample.outside, sample.target / "large");
    RestoreOptions options;
    options.overwrite = overwrite;
    const RestoreReport report = sample.restore("", options);
    CHECK(fs::is_empty(sample.outside));
    CHECK(report.failed.size() >= 3);
    CHECK(report.kept.size() == (overwrite ? 0 : 2));
    CHECK(read_text(sample.target / "a.b").empty());
    CHECK(fs::is_symlink(sample.target / "folder"));
  }
}

TEST_CASE("restore: a file that cannot be had is left out and named, the rest is restored") {
  Restoring sample;
  REQUIRE(sample.packs().size() == 1);
  const fs::path pack = sample.packs().front();
  const std::size_t shard = (fs::file_size(pack) - 8192) / 256;
  // The large file comes last; these shards are inside it.
  for (std::size_t i = 0; i < 9; ++i) flip_bit(pack, (60 + i) * shard + 1);
  const RestoreReport report = sample.restore();
  CHECK(report.damaged == std::vector<std::string>{"large"});
  CHECK(report.files == example.size() - 1);
  Contents expected = example;
  expected.erase("large");
  CHECK(sample.restored() == expected);
  CHECK(sample.activity.count("files/1@device:large") == 1);
}

TEST_CASE("restore: a wish to stop ends it and leaves no half of a file") {
  Restoring sample;
  Vault vault = sample.open();
  const auto reader = vault.reader(vault.resolve(*SnapshotName::parse("files/1")), ReaderUse::bulk,
                                   sample.activity);
  sample.activity.request_stop();
  CHECK(error_code([&] { (void)restore(*reader, "", sample.target, {}, sample.activity); }) ==
        ErrorCode::interrupted);
  for (const auto& [path, text] : sample.restored()) CHECK(example.at(path) == text);
}

TEST_CASE("restore: thousands of small files come back through many threads") {
  Restoring sample;
  Contents many;
  for (int i = 0; i < 3000; ++i)
    many["d" + std::to_string(i % 7) + "/" + std::to_string(i)] =
        noise(50, 60 + static_cast<std::uint64_t>(i));
  sample.ingest(many);
  Vault vault = sample.open();
  const auto reader = vault.reader(vault.resolve(*SnapshotName::parse("files/2")), ReaderUse::bulk,
                                   sample.activity);
  RestoreOptions options;
  options.threads = 6;
  CHECK(restore(*reader, "", sample.target, options, sample.activity).files == many.size());
  CHECK(sample.restored() == many);
}
