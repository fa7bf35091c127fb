#include "vault/snapshot/file_scan.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/snapshot/notices.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;
using namespace muniment::test;
namespace fs = std::filesystem;

namespace {

using Kind = ScanTask::Kind;

// A folder with a large file and a small one, and what a scan makes of it.
struct Scene {
  Scene() {
    fs::create_directory(folder);
    std::ofstream(folder / "large", std::ios::binary) << as_text(large);
    std::ofstream(folder / "small", std::ios::binary) << "text";
  }

  std::vector<ScanTask> scan(const FileScan::Known& known) {
    std::vector<ScanTask> tasks;
    const std::vector<fs::path> paths{folder};
    FileScan scan(paths, {}, gear, options, activity, known, [&](ScanBatch batch) {
      for (ScanTask& task : batch.tasks) tasks.push_back(std::move(task));
      return true;
    });
    scan.run();
    return tasks;
  }

  // As the snapshot before may have it: with another time, and executable.
  [[nodiscard]] Entry earlier(const Sha256Digest& digest) const {
    Entry entry;
    entry.path = "folder/large";
    entry.executable = true;
    entry.time = ModificationTime{1, 2};
    entry.size = large.size();
    entry.sha256 = digest;
    entry.chunks = {{ChunkId{}, 2'000'000}, {ChunkId{}, 1'000'001}};
    return entry;
  }

  FixedRandom random{1};
  Bytes large = random.bytes(3'000'001);
  GearTable gear = derive_gear_table(ChunkerKey::generate(random));
  IngestOptions options;
  Notices activity;
  TemporaryDirectory directory;
  fs::path folder = directory.path() / "folder";
};

std::size_t count(const std::vector<ScanTask>& tasks, Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(tasks, kind, &ScanTask::kind));
}

// The chunks, one behind the other.
Bytes joined(const std::vector<ScanTask>& tasks) {
  Bytes bytes;
  for (const ScanTask& task : tasks) {
    if (task.kind == Kind::chunk) append(bytes, task.bytes);
  }
  return bytes;
}

}  // namespace

TEST_CASE("file scan: a large file that is stored already is not cut, and keeps its own time") {
  Scene scene;
  std::vector<std::string> asked;
  const auto tasks = scene.scan([&](const std::string& path, std::uint64_t size) {
    asked.push_back(path);
    CHECK(size == scene.large.size());
    return std::optional(scene.earlier(sha256(scene.large)));
  });
  CHECK(asked == std::vector<std::string>{"folder/large"});
  CHECK(count(tasks, Kind::chunk) == 0);
  CHECK(count(tasks, Kind::found) == 1);
  const auto known = std::ranges::find(tasks, Kind::known, &ScanTask::kind);
  REQUIRE(known != tasks.end());
  Entry expected = scene.earlier(sha256(scene.large));
  expected.executable = false;
  CHECK(known->entry.time != expected.time);
  expected.time = known->entry.time;
  CHECK(known->entry == expected);
  CHECK_FALSE(known->changed);
}

TEST_CASE("file scan: a large file with other bytes of the same size is cut from its beginning") {
  Scene scene;
  Bytes other = scene.large;
  other.back() ^= std::byte{1};
  const auto tasks = scene.scan([&](const std::string&, std::uint64_t) {
    return std::optional(scene.earlier(sha256(other)));
  });
  CHECK(count(tasks, Kind::known) == 0);
  CHECK(joined(tasks) == scene.large);
  const auto end = std::ranges::find(tasks, Kind::end, &ScanTask::kind);
  REQUIRE(end != tasks.end());
  CHECK(end->entry.sha256 == sha256(scene.large));
  CHECK(end->entry.size == scene.large.size());
}

TEST_CASE("file scan: a large file that nobody knows is cut") {
  Scene scene;
  const auto tasks =
      scene.scan([](const std::string&, std::uint64_t) { return std::optional<Entry>(); });
  CHECK(count(tasks, Kind::chunk) > 1);
  CHECK(joined(tasks) == scene.large);
}
