#include "tests/crash/disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "tests/crash/aftermath.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

using Kind = SystemCall::Kind;

std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::string& text = files[fs::relative(entry.path(), directory).native()];
    if (entry.is_directory()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

Bytes text_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

// A disk on which `calls` happened, and what each of its fates leaves.
struct Crashed {
  explicit Crashed(std::span<const SystemCall> calls) : disk(empty.path()) {
    for (const SystemCall& call : calls) disk.apply(call);
  }
  [[nodiscard]] std::map<std::string, std::string> left(const std::string& fate) const {
    for (const NamedFates& fates : all_fates(disk, 1)) {
      if (fates.name != fate) continue;
      const TemporaryDirectory directory;
      disk.write_crashed(fates.fates, directory.path() / "left");
      return files_of(directory.path() / "left");
    }
    return {{"no such fate", ""}};
  }

  TemporaryDirectory empty;
  Disk disk;
};

}  // namespace

TEST_CASE("recording: done again from the start, it gives the directory itself, to the byte") {
  OneSnapshot sample;
  Disk disk(sample.path);
  std::vector<SystemCall> calls;
  {
    const WatchedDirectory watched(sample.path);
    {
      Vault vault = sample.open();
      sample.ingest(vault);
      vault.create_collection("other", sample.activity);
      vault.rebuild_catalog(sample.activity);
      static_cast<void>(vault.repair(sample.activity));
    }
    calls = watched.calls();
  }
  for (const SystemCall& call : calls) disk.apply(call);
  const fs::path again = sample.directory.path() / "again";
  disk.write_crashed(everything_kept(), again);
  const auto expected = files_of(sample.path);
  const auto found = files_of(again);
  CHECK(found.size() == expected.size());
  for (const auto& [path, text] : expected) {
    CAPTURE(path);
    const bool equal = found.contains(path) && found.at(path) == text;
    CHECK(equal);
  }
}

TEST_CASE("recording: only SQLite's index of its log is written through memory") {
  OneSnapshot sample;
  const WatchedDirectory watched(sample.path);
  Vault vault = sample.open();
  sample.ingest(vault);
  vault.rebuild_catalog(sample.activity);
  std::size_t mapped = 0;
  for (const SystemCall& call : watched.calls()) {
    if (call.kind != Kind::map) continue;
    ++mapped;
    CHECK(call.path.ends_with("-shm"));
  }
  CHECK(mapped > 0);
}

TEST_CASE("recording: a write and a sync are there, in their order") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  const WatchedDirectory watched(directory.path());
  files->make_directory(directory.path() / "a");
  {
    const auto file = files->create(directory.path() / "a/b");
    file->write_at(3, as_bytes(std::string_view("text")));
    file->sync();
  }
  files->rename(directory.path() / "a/b", directory.path() / "c");
  files->sync_directory(directory.path());
  CHECK(files->remove(directory.path() / "c"));
  const std::vector<SystemCall> calls = watched.calls();
  std::vector<Kind> kinds;
  for (const SystemCall& call : calls) kinds.push_back(call.kind);
  CHECK(kinds == std::vector{Kind::make_directory, Kind::create, Kind::write, Kind::sync,
                             Kind::rename, Kind::open, Kind::sync, Kind::remove});
  CHECK(calls[2].offset == 3);
  CHECK(as_text(calls[2].bytes) == "text");
  CHECK(calls[4].path == "a/b");
  CHECK(calls[4].target == "c");
}

TEST_CASE("faults of calls: one fails as it is told, and a short write is gone on with") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  const fs::path path = directory.path() / "file";
  const auto write = [&](const CallFault& fault) {
    const WatchedDirectory watched(directory.path(), fault);
    const auto error = error_of([&] {
      const auto file = files->open_or_create(path);
      file->truncate(0);
      file->write_at(0, as_bytes(std::string_view("12345678")));
    });
    return std::pair(error ? error->what() : std::string(), watched.arrived().size());
  };
  CHECK(write({.call = 2, .error_number = 0, .half = true}) ==
        std::pair(std::string(), std::size_t{4}));
  CHECK(files_of(directory.path()).at("file") == "12345678");
  CHECK(write({.call = 2, .error_number = ENOSPC, .half = true}).first.find("No space") !=
        std::string::npos);
  CHECK(files_of(directory.path()).at("file") == "1234");
  CHECK(write({.call = 0, .error_number = EMFILE}).first.find("Too many") != std::string::npos);
  CHECK(write({.call = 9, .error_number = EIO}).first.empty());
}

TEST_CASE("disk: what was synced stays, and a name only by syncing its directory") {
  const std::vector<SystemCall> calls{
      {.kind = Kind::open, .handle = 0},
      {.kind = Kind::create, .handle = 1, .path = "a"},
      {.kind = Kind::write, .handle = 1, .path = "a", .bytes = text_bytes("synced")},
      {.kind = Kind::sync, .handle = 1},
      {.kind = Kind::sync, .handle = 0},
      {.kind = Kind::create, .handle = 2, .path = "b"},
      {.kind = Kind::write, .handle = 2, .path = "b", .bytes = text_bytes("new")},
      {.kind = Kind::sync, .handle = 2},
      {.kind = Kind::write, .handle = 1, .path = "a", .offset = 6, .bytes = text_bytes(" not")}};
  const Crashed crashed(calls);
  using Files = std::map<std::string, std::string>;
  CHECK(crashed.left("kept") == Files{{"a", "synced not"}, {"b", "new"}});
  CHECK(crashed.left("lost") == Files{{"a", "synced"}});
  CHECK(crashed.left("names without contents") == Files{{"a", "synced"}, {"b", "new"}});
  CHECK(crashed.left("contents without names") == Files{{"a", "synced not"}});
  CHECK(crashed.left("sizes without contents") ==
        Files{{"a", std::string("synced\0\0\0\0", 10)}, {"b", "new"}});
}

TEST_CASE("disk: a rename within a directory is one change, between two it is two") {
  std::vector<SystemCall> calls{{.kind = Kind::open, .handle = 0},
                                {.kind = Kind::make_directory, .path = "d"},
                                {.kind = Kind::create, .handle = 1, .path = "a"},
                                {.kind = Kind::sync, .handle = 0},
                                {.kind = Kind::rename, .path = "a", .target = "b"}};
  using Files = std::map<std::string, std::string>;
  CHECK(Crashed(calls).left("lost") == Files{{"a", ""}, {"d", ""}});
  CHECK(Crashed(calls).left("kept") == Files{{"b", ""}, {"d", ""}});
  calls.back().target = "d/b";
  calls.push_back({.kind = Kind::open, .handle = 2, .path = "d"});
  calls.push_back({.kind = Kind::sync, .handle = 2});
  CHECK(Crashed(calls).left("lost") == Files{{"a", ""}, {"d", ""}, {"d/b", ""}});
}

TEST_CASE("disk: a torn write has some of its sectors, whole") {
  const std::string text = noise(4096, 5);
  const std::vector<SystemCall> calls{
      {.kind = Kind::create, .handle = 1, .path = "a"},
      {.kind = Kind::write, .handle = 1, .path = "a", .bytes = text_bytes(text)}};
  const Crashed crashed(calls);
  CHECK(crashed.left("torn, first half").at("a") == text.substr(0, 2048));
  CHECK(crashed.left("torn, second half").at("a") == std::string(2048, '\0') + text.substr(2048));
  const std::string random = crashed.left("torn, random sectors").at("a");
  std::size_t there = 0;
  for (std::size_t at = 0; at < text.size(); at += Disk::sector_bytes) {
    const std::string sector = random.substr(at, Disk::sector_bytes);
    const bool written = sector == text.substr(at, Disk::sector_bytes);
    CHECK((written || sector == std::string(Disk::sector_bytes, '\0')));
    there += written ? 1 : 0;
  }
  CHECK(there > 0);
  CHECK(there < 8);
}
