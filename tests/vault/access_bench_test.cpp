// Measures, and is therefore run by name only: test_vault -ns -tc='access log bench*'
#include <algorithm>
#include <chrono>

#include "tests/support/memory_file_system.hpp"
#include "tests/vault/sample_vault.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

// The only switch that there is for the access log: it goes to memory instead of the disk. What
// sealing and signing cost stays.
class WithoutAccessLog final : public FileSystem {
 public:
  WithoutAccessLog(FileSystem& files, Path vault)
      : x_files(files), x_access(std::move(vault) / "access") {}

  std::unique_ptr<File> find(const Path& path) override { return of(path).find(at(path)); }
  std::unique_ptr<File> open_or_create(const Path& path) override {
    return of(path).open_or_create(at(path));
  }
  std::unique_ptr<File> create(const Path& path) override { return of(path).create(at(path)); }
  void rename(const Path& from, const Path& to) override { of(from).rename(at(from), at(to)); }
  bool remove(const Path& path) override { return of(path).remove(at(path)); }
  void make_directory(const Path& path) override { of(path).make_directory(at(path)); }
  void sync_directory(const Path& path) override { of(path).sync_directory(at(path)); }
  std::vector<std::string> list(const Path& path) override { return of(path).list(at(path)); }
  std::optional<std::uint64_t> file_size(const Path& path) override {
    return of(path).file_size(at(path));
  }
  std::unique_ptr<FileLock> try_lock(const Path& path) override {
    return of(path).try_lock(at(path));
  }

 private:
  [[nodiscard]] bool is_log(const Path& path) const {
    return path.native().starts_with(x_access.native());
  }
  FileSystem& of(const Path& path) { return is_log(path) ? x_memory : x_files; }
  [[nodiscard]] Path at(const Path& path) const {
    if (!is_log(path)) return path;
    return path == x_access ? "access" : "access" / path.lexically_relative(x_access);
  }

  FileSystem& x_files;
  Path x_access;
  MemoryFileSystem x_memory;
};

// Of one read that opens the snapshot and one small file; the vault is unlocked already.
double median_microseconds(SampleVault& sample, Vault& vault) {
  using Steady = std::chrono::steady_clock;
  const SnapshotInfo snapshot = vault.resolve(*SnapshotName::parse("files/1"));
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const auto start = Steady::now();
    const auto reader = vault.reader(snapshot, ReaderUse::few, sample.activity,
                                     {.act = access_act::read, .path = "a"});
    reader->read(*reader->find("a"), [](ByteView) {});
    times.push_back(std::chrono::duration<double, std::micro>(Steady::now() - start).count());
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

TEST_CASE("access log bench: what one read costs with it and without" * doctest::skip()) {
  SampleVault sample;
  sample.ingest({{"a", noise(1000, 1)}});
  WithoutAccessLog without(*sample.files, sample.path);
  Vault on = sample.open();
  Vault off = sample.open(without);
  for (int round = 0; round < 3; ++round) {
    MESSAGE("one read: " << median_microseconds(sample, on) << " us on, "
                         << median_microseconds(sample, off) << " us off");
  }
}
