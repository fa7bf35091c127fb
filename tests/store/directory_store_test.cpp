// What a directory store leaves on its file system when calls fail or the power does.
#include "vault/store/directory_store.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/support/faulty_file_system.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/base/error.hpp"

namespace muniment::test {

namespace {

using Access = DirectoryStore::Access;
using Kind = FileOperation::Kind;
using Keys = std::vector<std::string>;

const Keys group{"packs/ab/ab01.pack", "packs/ab/ab02.pack", "packs/cd/cd01.pack"};

void put_group(DirectoryStore& store) {
  for (const std::string& key : group) store.put_if_absent(key, as_bytes(key));
  store.flush();
}

bool holds(FileSystem& files, const std::string& key, std::string_view text) {
  const DirectoryStore store(files, "/", Access::read);
  const auto bytes = get_object(store, key, 1000);
  return bytes && as_text(*bytes) == text;
}

Keys stored(FileSystem& files) {
  return DirectoryStore(files, "/", Access::read).list("packs/");
}

std::size_t count(const std::vector<FileOperation>& operations, Kind kind) {
  return static_cast<std::size_t>(
      std::ranges::count(operations, kind, [](const FileOperation& done) { return done.kind; }));
}

}  // namespace

TEST_CASE("store: what was flushed outlives a power cut") {
  MemoryFileSystem files;
  DirectoryStore store(files, "/", Access::write);
  put_group(store);
  files.crash(MemoryFileSystem::Unsynced::lost);
  CHECK(stored(files) == group);
  for (const std::string& key : group) CHECK(holds(files, key, key));
}

TEST_CASE("store: after a power cut at any operation an object is whole or absent") {
  MemoryFileSystem reference;
  FaultyFileSystem recorder(reference);
  DirectoryStore recorded(recorder, "/", Access::write);
  put_group(recorded);
  const std::vector<FileOperation> operations = recorder.operations();
  REQUIRE(operations.size() > 10);
  for (std::size_t length = 0; length <= operations.size(); ++length) {
    for (std::uint64_t fates = 0; fates < 16; ++fates) {
      CAPTURE(length);
      CAPTURE(fates);
      MemoryFileSystem files;
      replay(std::span(operations).first(length), files);
      FixedRandom random(fates);
      files.crash(random);
      for (const std::string& key : stored(files)) CHECK(holds(files, key, key));
      DirectoryStore store(files, "/", Access::write);
      CHECK(files.list("/tmp").empty());
      put_group(store);
      CHECK(stored(files) == group);
    }
  }
}

TEST_CASE("store: a failure at any operation leaves the store as it was") {
  for (const int error : {ENOSPC, EIO}) {
    for (std::size_t failing = 1;; ++failing) {
      CAPTURE(failing);
      MemoryFileSystem files;
      FaultyFileSystem faulty(files);
      DirectoryStore store(faulty, "/", Access::write);
      store.replace("packs/ab/ab00.pack", as_bytes("before"));
      const std::size_t before = faulty.operations().size();
      faulty.set_fault(
          Fault{.operation = before + failing - 1, .error_number = error, .short_write = true});
      bool failed = false;
      try {
        put_group(store);
      } catch (const Error& problem) {
        failed = true;
        CHECK(problem.code() == ErrorCode::io);
      }
      if (!failed) {
        CHECK(failing > 10);
        break;
      }
      CHECK(files.list("/tmp").empty());
      CHECK(stored(files) == Keys{"packs/ab/ab00.pack"});
      faulty.set_fault(std::nullopt);
      put_group(store);
      CHECK(stored(files).size() == 4);
      for (const std::string& key : group) CHECK(holds(files, key, key));
    }
  }
}

TEST_CASE("store: a file whose sync failed is not synced again") {
  MemoryFileSystem files;
  FaultyFileSystem faulty(files);
  DirectoryStore store(faulty, "/", Access::write);
  CHECK(store.put_if_absent(group[0], as_bytes("first")));
  const std::size_t next = faulty.operations().size();
  faulty.set_fault(Fault{.operation = next, .error_number = EIO});
  CHECK_THROWS_AS(store.flush(), Error);
  REQUIRE(faulty.operations()[next].kind == Kind::sync);
  store.flush();
  CHECK(store.put_if_absent(group[0], as_bytes("second")));
  store.flush();
  std::vector<FileSystem::Path> synced;
  for (const FileOperation& operation : faulty.operations()) {
    if (operation.kind == Kind::sync) synced.push_back(operation.path);
  }
  REQUIRE(synced.size() == 2);
  CHECK(synced[0] != synced[1]);
  CHECK(holds(files, group[0], "second"));
}

TEST_CASE("store: a group syncs every file before the first rename and every directory once") {
  MemoryFileSystem files;
  FaultyFileSystem recorder(files);
  DirectoryStore store(recorder, "/", Access::write);
  put_group(store);
  const std::size_t first_group = recorder.operations().size();
  for (const std::string_view key :
       {"packs/ab/ab03.pack", "packs/ab/ab04.pack", "packs/cd/cd02.pack"}) {
    CHECK(store.put_if_absent(key, as_bytes("x")));
  }
  store.flush();
  std::vector<FileOperation> operations = recorder.operations();
  operations.erase(operations.begin(), operations.begin() + static_cast<long>(first_group));
  const auto kind_of = [](const FileOperation& operation) { return operation.kind; };
  const auto last_sync =
      std::ranges::find(operations.rbegin(), operations.rend(), Kind::sync, kind_of);
  const auto first_rename = std::ranges::find(operations, Kind::rename, kind_of);
  CHECK(last_sync.base() <= first_rename);
  CHECK(count(operations, Kind::sync) == 3);
  CHECK(count(operations, Kind::rename) == 3);
  CHECK(count(operations, Kind::make_directory) == 0);
  CHECK(count(operations, Kind::sync_directory) == 2);
}

TEST_CASE("store: replacing is whole after a power cut at any operation") {
  MemoryFileSystem reference;
  FaultyFileSystem recorder(reference);
  DirectoryStore recorded(recorder, "/", Access::write);
  recorded.replace(group[0], as_bytes("the old one"));
  const std::size_t durable = recorder.operations().size();
  recorded.replace(group[0], as_bytes("the new one"));
  const std::vector<FileOperation> operations = recorder.operations();
  for (std::size_t length = durable; length <= operations.size(); ++length) {
    for (std::uint64_t fates = 0; fates < 16; ++fates) {
      MemoryFileSystem files;
      replay(std::span(operations).first(length), files);
      FixedRandom random(fates);
      files.crash(random);
      const bool is_new = holds(files, group[0], "the new one");
      CHECK((is_new || holds(files, group[0], "the old one")));
      if (length == operations.size()) CHECK(is_new);
    }
  }
}

TEST_CASE("store: a replacement that fails leaves the old object") {
  for (std::size_t failing = 0;; ++failing) {
    CAPTURE(failing);
    MemoryFileSystem files;
    FaultyFileSystem faulty(files);
    DirectoryStore store(faulty, "/", Access::write);
    store.replace(group[0], as_bytes("the old one"));
    const std::size_t before = faulty.operations().size();
    faulty.set_fault(Fault{.operation = before + failing, .error_number = EIO});
    try {
      store.replace(group[0], as_bytes("the new one"));
    } catch (const Error&) {
      CHECK(files.list("/tmp").empty());
      const bool renamed = faulty.operations().back().kind == Kind::sync_directory;
      CHECK(holds(files, group[0], renamed ? "the new one" : "the old one"));
      continue;
    }
    CHECK(failing > 3);
    break;
  }
}

TEST_CASE("store: a removal is durable after the next flush") {
  MemoryFileSystem files;
  DirectoryStore store(files, "/", Access::write);
  put_group(store);
  CHECK(store.remove(group[0]));
  store.flush();
  files.crash(MemoryFileSystem::Unsynced::lost);
  CHECK(stored(files) == Keys{group[1], group[2]});
}

TEST_CASE("store: opening for writing removes what a crash left staged, and nothing else") {
  MemoryFileSystem files;
  files.make_directory("/tmp");
  (void)files.create("/tmp/0.staged");
  (void)files.create("/tmp/17.staged");
  (void)files.create("/tmp/another");
  const DirectoryStore reader(files, "/", Access::read);
  CHECK(files.list("/tmp").size() == 3);
  const DirectoryStore writer(files, "/", Access::write);
  CHECK(files.list("/tmp") == std::vector<std::string>{"another"});
}

TEST_CASE("store: strangers among the packs are not listed") {
  MemoryFileSystem files;
  DirectoryStore store(files, "/", Access::write);
  put_group(store);
  for (const std::string_view name : {"README", ".hidden", "ab/UPPER.pack", "ab/.hidden.pack"}) {
    (void)files.create(FileSystem::Path("/packs") / name);
  }
  CHECK(stored(files) == group);
}

}  // namespace muniment::test
