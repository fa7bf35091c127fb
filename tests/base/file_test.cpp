// One suite for the real file system and for the one in memory that other tests stand on: what the
// second promises must be what the first does.
#include "vault/base/file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/support/faulty_file_system.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/error.hpp"
#include "vault/base/page_bytes.hpp"

using namespace muniment;

namespace {

using Path = FileSystem::Path;

struct PosixSubject {
  test::TemporaryDirectory directory;
  std::unique_ptr<FileSystem> owned = posix_file_system();
  FileSystem& files = *owned;
  Path root = directory.path();
};

struct MemorySubject {
  test::MemoryFileSystem memory;
  FileSystem& files = memory;
  Path root = "/";
};

ErrorCode code_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return {};
}

bool succeeds(const auto& action) {
  try {
    action();
  } catch (const Error&) {
    return false;
  }
  return true;
}

std::string text_of(FileSystem& files, const Path& path) {
  return std::string(as_text(read_file(files, path, 1000).value()));
}

}  // namespace

TEST_CASE_TEMPLATE("file: what is written at an offset is read there", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  CHECK(file->size() == 0);
  file->write_at(4, as_bytes("efgh"));
  file->write_at(0, as_bytes("abcd"));
  CHECK(file->size() == 8);
  CHECK(as_text(file->read_at(2, 4)) == "cdef");
  Bytes target(3);
  CHECK(file->read_at(5, target) == 3);
  CHECK(as_text(target) == "fgh");
  file->start_writeback();
  file->sync();
}

TEST_CASE_TEMPLATE("file: large writes of whole pages and others give one file", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "f");
  PageBytes pages(std::size_t{2} << 20U);
  for (std::size_t i = 0; i < pages.size(); ++i) pages.data()[i] = static_cast<std::byte>(i % 251);
  const ByteView all = pages;
  file->write_at(0, to_bytes("begin"));
  file->write_at(4096, all);
  file->write_at(4096 + all.size(), all.first(4096));  // whole pages, but small
  file->write_at(8192 + all.size(), all.subspan(1));   // large, but not on a page
  file->write_at(1, to_bytes("EGIN"));
  file->sync();
  CHECK(as_text(file->read_at(0, 5)) == "bEGIN");
  CHECK(equal(file->read_at(4096, all.size()), all));
  CHECK(equal(file->read_at(4096 + all.size(), 4096), all.first(4096)));
  CHECK(equal(file->read_at(8192 + all.size(), all.size()), all.subspan(1)));
}

TEST_CASE_TEMPLATE("file: reading past the end gives what there is", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  file->write_at(0, as_bytes("abc"));
  CHECK(as_text(file->read_at(1, static_cast<std::size_t>(-1))) == "bc");
  CHECK(file->read_at(3, 10).empty());
  CHECK(file->read_at(1000, 10).empty());
  Bytes target(10);
  CHECK(file->read_at(2, target) == 1);
}

TEST_CASE_TEMPLATE("file: what lies between two writes is zeros", S, PosixSubject, MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  file->write_at(2, as_bytes("c"));
  CHECK(to_hex(file->read_at(0, 10)) == "000063");
}

TEST_CASE_TEMPLATE("file: truncation cuts and extends", S, PosixSubject, MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  file->write_at(0, as_bytes("abc"));
  file->truncate(1);
  file->truncate(2);
  CHECK(to_hex(file->read_at(0, 10)) == "6100");
}

TEST_CASE_TEMPLATE("file: an absent file is found as nothing", S, PosixSubject, MemorySubject) {
  S subject;
  CHECK(subject.files.find(subject.root / "a") == nullptr);
  CHECK(subject.files.find(subject.root / "no" / "a") == nullptr);
  CHECK_FALSE(subject.files.file_size(subject.root / "a"));
  CHECK_FALSE(subject.files.remove(subject.root / "a"));
  CHECK(subject.files.list(subject.root / "no").empty());
  CHECK_FALSE(read_file(subject.files, subject.root / "a", 10));
}

TEST_CASE_TEMPLATE("file: a file in a directory's place is an error, not an absence", S,
                   PosixSubject, MemorySubject) {
  S subject;
  (void)subject.files.create(subject.root / "a");
  const Path below = subject.root / "a" / "b";
  CHECK(code_of([&] { (void)subject.files.find(below); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.file_size(below); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.create(below); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.list(subject.root / "a"); }) == ErrorCode::io);
  CHECK(code_of([&] { subject.files.make_directory(subject.root / "a"); }) == ErrorCode::io);
  CHECK(code_of([&] { subject.files.sync_directory(subject.root / "a"); }) == ErrorCode::io);
}

TEST_CASE_TEMPLATE("file: a directory in a file's place is an error", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const Path path = subject.root / "d";
  subject.files.make_directory(path);
  CHECK(code_of([&] { (void)subject.files.find(path); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.open_or_create(path); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.file_size(path); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.remove(path); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.create(path); }) == ErrorCode::exists);
}

TEST_CASE_TEMPLATE("file: create refuses what is there, open_or_create keeps it", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const Path path = subject.root / "a";
  subject.files.create(path)->write_at(0, as_bytes("abc"));
  CHECK(code_of([&] { (void)subject.files.create(path); }) == ErrorCode::exists);
  CHECK(subject.files.open_or_create(path)->size() == 3);
  CHECK(subject.files.file_size(path) == 3);
}

TEST_CASE_TEMPLATE("file: a file that was found is for reading only", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const Path path = subject.root / "a";
  (void)subject.files.create(path);
  const auto file = subject.files.find(path);
  CHECK(code_of([&] { file->write_at(0, as_bytes("a")); }) == ErrorCode::io);
  CHECK(code_of([&] { file->truncate(7); }) == ErrorCode::io);
  CHECK(file->size() == 0);
}

TEST_CASE_TEMPLATE("file: rename replaces its target", S, PosixSubject, MemorySubject) {
  S subject;
  subject.files.make_directory(subject.root / "d");
  subject.files.create(subject.root / "a")->write_at(0, as_bytes("new"));
  subject.files.create(subject.root / "d" / "b")->write_at(0, as_bytes("old"));
  subject.files.rename(subject.root / "a", subject.root / "d" / "b");
  CHECK(text_of(subject.files, subject.root / "d" / "b") == "new");
  CHECK(subject.files.list(subject.root) == std::vector<std::string>{"d"});
  CHECK(code_of([&] { subject.files.rename(subject.root / "a", subject.root / "c"); }) ==
        ErrorCode::io);
}

TEST_CASE_TEMPLATE("file: names are listed in the order of their bytes, hidden ones too", S,
                   PosixSubject, MemorySubject) {
  S subject;
  for (const char* name : {"b", "a", "\xff", ".x", "B"})
    (void)subject.files.create(subject.root / name);
  subject.files.make_directory(subject.root / "c");
  CHECK(subject.files.list(subject.root) ==
        std::vector<std::string>{".x", "B", "a", "b", "c", "\xff"});
}

TEST_CASE_TEMPLATE("file: making a directory twice is fine, without its parent it is not", S,
                   PosixSubject, MemorySubject) {
  S subject;
  subject.files.make_directory(subject.root / "d");
  subject.files.make_directory(subject.root / "d");
  CHECK(code_of([&] { subject.files.make_directory(subject.root / "x" / "y"); }) == ErrorCode::io);
  subject.files.sync_directory(subject.root);
  CHECK(code_of([&] { subject.files.sync_directory(subject.root / "x"); }) == ErrorCode::io);
}

TEST_CASE_TEMPLATE("file: a removed file stays readable for those who have it open", S,
                   PosixSubject, MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  file->write_at(0, as_bytes("abc"));
  CHECK(subject.files.remove(subject.root / "a"));
  CHECK(as_text(file->read_at(0, 3)) == "abc");
  CHECK_FALSE(subject.files.file_size(subject.root / "a"));
}

TEST_CASE_TEMPLATE("file: a lock is held once and ends with its object", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const Path path = subject.root / "lock";
  auto lock = subject.files.try_lock(path);
  REQUIRE(lock);
  CHECK(subject.files.try_lock(path) == nullptr);
  lock.reset();
  CHECK(subject.files.try_lock(path) != nullptr);
  CHECK(subject.files.file_size(path) == 0);
}

TEST_CASE_TEMPLATE("file: several threads read one file at the same time", S, PosixSubject,
                   MemorySubject) {
  S subject;
  const auto file = subject.files.create(subject.root / "a");
  for (std::uint64_t i = 0; i < 100; ++i) {
    file->write_at(i * 2, as_bytes(i % 2 == 0 ? "ab" : "cd"));
  }
  std::array<bool, 2> same{};
  const auto read_all = [&](std::size_t which) {
    same[which] = true;
    for (std::uint64_t i = 0; i < 100; ++i) {
      if (as_text(file->read_at(i * 2, 2)) != (i % 2 == 0 ? "ab" : "cd")) same[which] = false;
    }
  };
  std::thread other(read_all, 1);
  read_all(0);
  other.join();
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE_TEMPLATE("read_file: a file over the limit is refused, one at the limit is read", S,
                   PosixSubject, MemorySubject) {
  S subject;
  const Path path = subject.root / "a";
  subject.files.create(path)->write_at(0, as_bytes("abcd"));
  CHECK(as_text(read_file(subject.files, path, 4).value()) == "abcd");
  CHECK(code_of([&] { (void)read_file(subject.files, path, 3); }) == ErrorCode::limit);
}

TEST_CASE_TEMPLATE("read_file_within: a file over the limit is none, like one that is absent", S,
                   PosixSubject, MemorySubject) {
  S subject;
  const Path path = subject.root / "a";
  CHECK_FALSE(read_file_within(subject.files, path, 4));
  subject.files.create(path)->write_at(0, as_bytes("abcd"));
  CHECK(as_text(read_file_within(subject.files, path, 4).value()) == "abcd");
  CHECK_FALSE(read_file_within(subject.files, path, 3));
}

TEST_CASE_TEMPLATE("write_file_atomically: it replaces the file and what a crash left behind", S,
                   PosixSubject, MemorySubject) {
  S subject;
  const Path path = subject.root / "a";
  subject.files.create(subject.root / "a.new")->write_at(0, as_bytes("left behind, and longer"));
  for (const char* text : {"first", "2"}) {
    write_file_atomically(subject.files, path, as_bytes(text));
    CHECK(text_of(subject.files, path) == text);
  }
  CHECK(subject.files.list(subject.root) == std::vector<std::string>{"a"});
}

TEST_CASE("write_file_atomically: whatever fails, the old file stays and no new one is left") {
  for (std::size_t operation = 0;; ++operation) {
    CAPTURE(operation);
    test::MemoryFileSystem memory;
    write_file_atomically(memory, "a", as_bytes("old"));
    test::FaultyFileSystem files(memory);
    files.set_fault(
        test::Fault{.operation = operation, .error_number = ENOSPC, .short_write = true});
    bool failed = false;
    try {
      write_file_atomically(files, "a", as_bytes("new"));
    } catch (const Error& error) {
      failed = true;
      CHECK(error.hint() == "free some space and try again");
    }
    const bool renamed = operation >= 5;  // remove, create, write, sync, rename, sync directory
    CHECK(text_of(memory, "a") == (renamed ? "new" : "old"));
    CHECK(memory.list("/") == std::vector<std::string>{"a"});
    if (!failed) {
      CHECK(operation == 6);
      break;
    }
  }
}

TEST_CASE("write_file_atomically: what a crash leaves is whole, and new once it has returned") {
  for (std::size_t operation = 0; operation <= 6; ++operation) {
    for (const auto fate :
         {test::MemoryFileSystem::Unsynced::lost, test::MemoryFileSystem::Unsynced::kept}) {
      CAPTURE(operation);
      test::MemoryFileSystem memory;
      write_file_atomically(memory, "a", as_bytes("old"));
      test::FaultyFileSystem files(memory);
      files.set_fault(test::Fault{.operation = operation, .error_number = EIO, .lasting = true});
      const bool returned = succeeds([&] { write_file_atomically(files, "a", as_bytes("new")); });
      memory.crash(fate);
      const std::string text = text_of(memory, "a");
      CHECK((text == "new" || (text == "old" && !returned)));
    }
  }
}

TEST_CASE("posix file: files are for their owner alone") {
  PosixSubject subject;
  (void)subject.files.create(subject.root / "a");
  (void)subject.files.open_or_create(subject.root / "b");
  subject.files.make_directory(subject.root / "d");
  const auto mode = [&](const char* name) {
    struct stat status{};
    REQUIRE(::stat((subject.root / name).c_str(), &status) == 0);
    return status.st_mode & 0777U;
  };
  CHECK(mode("a") == 0600);
  CHECK(mode("b") == 0600);
  CHECK(mode("d") == 0700);
}

TEST_CASE("posix file: a link in a file's place is refused, in a directory's place followed") {
  PosixSubject subject;
  const Path elsewhere = subject.root / "elsewhere";
  subject.files.make_directory(elsewhere);
  (void)subject.files.create(elsewhere / "a");
  std::filesystem::create_symlink(elsewhere / "a", subject.root / "file-link");
  std::filesystem::create_symlink(elsewhere, subject.root / "directory-link");
  const Path link = subject.root / "file-link";
  CHECK(code_of([&] { (void)subject.files.find(link); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.open_or_create(link); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.file_size(link); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.try_lock(link); }) == ErrorCode::io);
  const Path directory = subject.root / "directory-link";
  subject.files.make_directory(directory);
  CHECK(subject.files.list(directory) == std::vector<std::string>{"a"});
}

TEST_CASE("posix file: a pipe in a file's place is refused and makes nobody wait") {
  PosixSubject subject;
  const Path pipe = subject.root / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(code_of([&] { (void)subject.files.find(pipe); }) == ErrorCode::io);
  CHECK(code_of([&] { (void)subject.files.open_or_create(pipe); }) == ErrorCode::io);
}

TEST_CASE("posix file: an error names the path, escaped, and the reason") {
  PosixSubject subject;
  const Path path = subject.root / "no\n" / "a";
  CHECK_THROWS_WITH_AS(
      (void)subject.files.create(path),
      (subject.root.native() + "/no\\n/a: create: No such file or directory").c_str(), Error);
}

TEST_CASE("posix file: a relative path works without naming the directory") {
  PosixSubject subject;
  const Path before = std::filesystem::current_path();
  std::filesystem::current_path(subject.root);
  write_file_atomically(subject.files, "a", as_bytes("here"));
  std::filesystem::current_path(before);
  CHECK(text_of(subject.files, subject.root / "a") == "here");
}
