#include "tests/support/faulty_file_system.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/support/memory_file_system.hpp"
#include "vault/base/error.hpp"

using namespace muniment;
using test::FaultyFileSystem;
using test::FileOperation;
using test::MemoryFileSystem;
using Kind = FileOperation::Kind;

TEST_CASE("faulty file system: it counts and records every change in order") {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.make_directory("d");
  write_file_atomically(files, "d/a", as_bytes("text"));
  std::vector<Kind> kinds;
  for (const FileOperation& operation : files.operations()) kinds.push_back(operation.kind);
  CHECK(kinds == std::vector{Kind::make_directory, Kind::remove, Kind::create, Kind::write,
                             Kind::sync, Kind::rename, Kind::sync_directory});
}

TEST_CASE("faulty file system: the chosen operation fails without effect, the next one works") {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.set_fault(test::Fault{.operation = 1, .error_number = ENOSPC});
  const auto file = files.create("a");
  CHECK_THROWS_WITH_AS(file->write_at(0, as_bytes("abcd")), "a: write: No space left on device",
                       Error);
  CHECK(memory.file_size("a") == 0);
  file->write_at(0, as_bytes("abcd"));
  CHECK(memory.file_size("a") == 4);
}

TEST_CASE("faulty file system: a short write leaves its first half") {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.set_fault(test::Fault{.operation = 1, .error_number = ENOSPC, .short_write = true});
  const auto file = files.create("a");
  CHECK_THROWS_AS(file->write_at(0, as_bytes("abcd")), Error);
  CHECK(as_text(memory.find("a")->read_at(0, 10)) == "ab");
}

TEST_CASE("faulty file system: after a lasting fault nothing changes any more") {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.set_fault(test::Fault{.operation = 1, .error_number = EIO, .lasting = true});
  (void)files.create("a");
  CHECK_THROWS_AS(files.rename("a", "b"), Error);
  CHECK_THROWS_AS(files.remove("a"), Error);
  CHECK_THROWS_AS(files.make_directory("d"), Error);
  CHECK_THROWS_AS(files.sync_directory("/"), Error);
  CHECK_THROWS_AS((void)files.create("c"), Error);
  CHECK(memory.list("/") == std::vector<std::string>{"a"});
}

TEST_CASE(
    "faulty file system: every prefix of a recorded atomic write leaves the old or the new file") {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  write_file_atomically(files, "a", as_bytes("old"));
  const std::size_t before = files.operations().size();
  write_file_atomically(files, "a", as_bytes("new"));
  const auto operations = files.operations();
  for (std::size_t count = before; count <= operations.size(); ++count) {
    for (const auto fate : {MemoryFileSystem::Unsynced::lost, MemoryFileSystem::Unsynced::kept}) {
      MemoryFileSystem disk;
      test::replay(std::span(operations).first(count), disk);
      disk.crash(fate);
      const auto bytes = read_file(disk, "a", 100);
      REQUIRE(bytes);
      const std::string_view text = as_text(*bytes);
      CHECK((text == "old" || text == "new"));
      if (count == operations.size()) CHECK(text == "new");
    }
  }
}
