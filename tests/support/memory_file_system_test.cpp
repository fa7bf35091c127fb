#include "tests/support/memory_file_system.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/fixed.hpp"
#include "vault/base/error.hpp"

using namespace muniment;
using test::MemoryFileSystem;
using Unsynced = MemoryFileSystem::Unsynced;

namespace {

std::optional<std::string> text_of(FileSystem& files, const FileSystem::Path& path) {
  const auto bytes = read_file(files, path, 1000);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

void write(FileSystem& files, const FileSystem::Path& path, std::string_view text) {
  files.open_or_create(path)->write_at(0, as_bytes(text));
}

}  // namespace

TEST_CASE("memory file system: a crash drops what was written after the last sync") {
  MemoryFileSystem files;
  {
    const auto file = files.create("a");
    file->write_at(0, as_bytes("first"));
    file->sync();
    files.sync_directory("/");
    file->write_at(5, as_bytes(" second"));
  }
  SUBCASE("lost") {
    files.crash(Unsynced::lost);
    CHECK(text_of(files, "a") == "first");
  }
  SUBCASE("kept") {
    files.crash(Unsynced::kept);
    CHECK(text_of(files, "a") == "first second");
  }
}

TEST_CASE("memory file system: a synced file in an unsynced directory may be gone") {
  MemoryFileSystem files;
  const auto file = files.create("a");
  file->write_at(0, as_bytes("text"));
  file->sync();
  files.crash(Unsynced::lost);
  CHECK(files.list("/").empty());
}

TEST_CASE("memory file system: a file whose name alone was synced is empty after a crash") {
  MemoryFileSystem files;
  write(files, "a", "text");
  files.sync_directory("/");
  files.crash(Unsynced::lost);
  CHECK(files.file_size("a") == 0);
}

TEST_CASE("memory file system: an unsynced removal may come back, a synced one does not") {
  MemoryFileSystem files;
  const auto file = files.create("a");
  file->sync();
  files.sync_directory("/");
  CHECK(files.remove("a"));
  SUBCASE("unsynced") {
    files.crash(Unsynced::lost);
    CHECK(files.file_size("a") == 0);
  }
  SUBCASE("synced") {
    files.sync_directory("/");
    files.crash(Unsynced::lost);
    CHECK_FALSE(files.file_size("a"));
  }
}

TEST_CASE(
    "memory file system: of a rename inside a directory a crash leaves the old name or the new") {
  std::set<std::vector<std::string>> seen;
  test::FixedRandom fates(1);
  for (int i = 0; i < 50; ++i) {
    MemoryFileSystem files;
    write(files, "old", "text");
    files.open_or_create("old")->sync();
    files.sync_directory("/");
    files.rename("old", "new");
    files.crash(fates);
    seen.insert(files.list("/"));
  }
  CHECK(seen == std::set<std::vector<std::string>>{{"new"}, {"old"}});
}

TEST_CASE("memory file system: a rename between directories is durable once both are synced") {
  MemoryFileSystem files;
  files.make_directory("a");
  files.make_directory("b");
  write(files, "a/x", "text");
  files.open_or_create("a/x")->sync();
  for (const char* path : {"/", "a", "b"}) files.sync_directory(path);
  files.rename("a/x", "b/x");
  files.sync_directory("b");
  SUBCASE("only the target was") {
    files.crash(Unsynced::lost);
    CHECK(text_of(files, "a/x") == "text");
    CHECK(text_of(files, "b/x") == "text");
  }
  SUBCASE("both were") {
    files.sync_directory("a");
    files.crash(Unsynced::lost);
    CHECK_FALSE(text_of(files, "a/x"));
    CHECK(text_of(files, "b/x") == "text");
  }
}

TEST_CASE("memory file system: a crash can tear a write in the middle") {
  std::set<std::string> seen;
  test::FixedRandom fates(2);
  for (int i = 0; i < 200; ++i) {
    MemoryFileSystem files;
    write(files, "a", "");
    files.sync_directory("/");
    write(files, "a", "abc");
    files.crash(fates);
    seen.insert(text_of(files, "a").value());
  }
  CHECK(seen == std::set<std::string>{"", "a", "ab", "abc"});
}

TEST_CASE("memory file system: a crash frees locks and cuts off open files") {
  MemoryFileSystem files;
  const auto lock = files.try_lock("lock");
  REQUIRE(lock);
  CHECK_FALSE(files.try_lock("lock"));
  const auto file = files.create("a");
  files.sync_directory("/");
  files.crash(Unsynced::lost);
  CHECK(files.try_lock("lock"));
  file->write_at(0, as_bytes("late"));
  file->sync();
  CHECK(files.file_size("a") == 0);
}
