#include "vault/keyring/keyring_file.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/keyring/example.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/memory_file_system.hpp"

namespace muniment {

using namespace test;

namespace {

const FileSystem::Path directory = "/vault";
constexpr auto first_copy = "/vault/keyring";
constexpr auto second_copy = "/vault/keyring.2";

void write(FileSystem& files, const FileSystem::Path& path, ByteView bytes) {
  const auto file = files.open_or_create(path);
  file->truncate(0);
  file->write_at(0, bytes);
}

Bytes read(FileSystem& files, const FileSystem::Path& path) {
  return read_file(files, path, 1U << 20U).value_or(Bytes{});
}

// A vault directory with both copies of the example, generation 1.
void make_vault(FileSystem& files) {
  files.make_directory(directory);
  Keyring keyring = example_keyring().keyring;
  save_keyring(files, directory, keyring);
}

LoadedKeyring load(FileSystem& files) {
  return load_keyring(files, directory, example_identity().vault);
}

std::optional<Error> load_error(FileSystem& files) {
  return error_of([&] { (void)load(files); });
}

std::vector<std::string> damaged_copies(FileSystem& files) {
  return load(files).damaged_copies;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("keyring file: two equal copies, and what was saved opens") {
  MemoryFileSystem files;
  make_vault(files);
  CHECK(read(files, first_copy) == read(files, second_copy));
  CHECK(files.list(directory) == Names{"keyring", "keyring.2"});
  const LoadedKeyring loaded = load(files);
  CHECK(loaded.damaged_copies.empty());
  CHECK(loaded.keyring.generation() == 1);
  CHECK(loaded.keyring.unlock(passphrase()).reading);
}

TEST_CASE("keyring file: a flipped bit or a cut in one copy is healed from the other") {
  MemoryFileSystem files;
  make_vault(files);
  const Bytes good = read(files, first_copy);
  for (const auto& [damaged, name] :
       {std::pair(first_copy, "keyring"), std::pair(second_copy, "keyring.2")}) {
    const auto check = [&, path = damaged, copy = name](ByteView bytes) {
      write(files, path, bytes);
      const LoadedKeyring loaded = load(files);
      CHECK(loaded.damaged_copies == Names{copy});
      CHECK(equal(loaded.keyring.encode(), good));
    };
    for_each_bit_flip(good, [&](ByteView bytes, std::size_t) { check(bytes); });
    for_each_truncation(good, check);
    repair_keyring(files, directory, load(files));
    CHECK(read(files, damaged) == good);
    CHECK(damaged_copies(files).empty());
  }
}

TEST_CASE("keyring file: a flipped bit or a cut in both copies is damage, never a wrong key") {
  MemoryFileSystem files;
  make_vault(files);
  const auto check = [&](ByteView bytes) {
    write(files, first_copy, bytes);
    write(files, second_copy, bytes);
    const auto error = load_error(files);
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::damaged);
    CHECK_FALSE(error->hint().empty());
  };
  const Bytes good = read(files, first_copy);
  for_each_bit_flip(good, [&](ByteView bytes, std::size_t) { check(bytes); });
  for_each_truncation(good, check);
}

TEST_CASE("keyring file: a missing copy is named, two missing ones are damage") {
  MemoryFileSystem files;
  make_vault(files);
  files.remove(second_copy);
  CHECK(damaged_copies(files) == Names{"keyring.2"});
  repair_keyring(files, directory, load(files));
  files.remove(first_copy);
  CHECK(damaged_copies(files) == Names{"keyring"});
  files.remove(second_copy);
  const auto error = load_error(files);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(std::string(error->what()) == "keyring: both copies are missing");
}

TEST_CASE("keyring file: a copy that the system cannot read counts as damaged") {
  MemoryFileSystem files;
  make_vault(files);
  files.remove(first_copy);
  files.make_directory(first_copy);
  CHECK(damaged_copies(files) == Names{"keyring"});
  files.remove(second_copy);
  files.make_directory(second_copy);
  CHECK(load_error(files)->code() == ErrorCode::io);
}

TEST_CASE("keyring file: one that is longer than any keyring is damaged, not read whole") {
  MemoryFileSystem files;
  make_vault(files);
  write(files, first_copy, Bytes(3U << 20U));
  CHECK(damaged_copies(files) == Names{"keyring"});
}

TEST_CASE("keyring file: a keyring from another vault is refused by its name") {
  MemoryFileSystem files;
  make_vault(files);
  CreatedKeyring foreign = example_keyring(example_identity(8));
  for (int i = 0; i < 5; ++i) foreign.keyring.advance_generation();
  write(files, first_copy, foreign.keyring.encode());
  CHECK(damaged_copies(files) == Names{"keyring"});
  write(files, second_copy, foreign.keyring.encode());
  const auto error = load_error(files);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(std::string(error->what()) ==
        "keyring: it belongs to another vault, " + example_identity(8).vault.hex());
}

TEST_CASE("keyring file: of two whole copies the newer counts") {
  MemoryFileSystem files;
  make_vault(files);
  const Bytes old = read(files, first_copy);
  Keyring keyring = std::move(load(files).keyring);
  save_keyring(files, directory, keyring);
  for (const auto& [path, name] :
       {std::pair(first_copy, "keyring"), std::pair(second_copy, "keyring.2")}) {
    write(files, path, old);
    const LoadedKeyring loaded = load(files);
    CHECK(loaded.keyring.generation() == 2);
    CHECK(loaded.damaged_copies == Names{name});
    repair_keyring(files, directory, loaded);
  }
}

TEST_CASE("keyring file: half-written files beside it do not matter") {
  MemoryFileSystem files;
  make_vault(files);
  const Bytes good = read(files, first_copy);
  write(files, "/vault/keyring.new", ByteView(good).first(100));
  write(files, "/vault/keyring.2.new", ByteView(good).first(100));
  CHECK(damaged_copies(files).empty());
  Keyring keyring = std::move(load(files).keyring);
  save_keyring(files, directory, keyring);
  CHECK(files.list(directory) == Names{"keyring", "keyring.2"});
}

TEST_CASE("keyring file: whenever the power fails, the old keyring or the new one is there") {
  // A new passphrase is saved; the power fails after each operation, with every sort of luck.
  MemoryFileSystem recorded;
  FaultyFileSystem recorder(recorded);
  const auto change = [](FileSystem& files) {
    make_vault(files);
    Keyring keyring = std::move(load(files).keyring);
    FixedRandom random(5);
    const UnlockedKeyring unlocked = keyring.unlock(recovery());
    keyring.change_slot(keyring.slots()[0].id, passphrase("new"), cheap, unlocked, random);
    save_keyring(files, directory, keyring);
  };
  change(recorder);
  const std::vector<FileOperation> operations = recorder.operations();
  std::size_t made = 0;
  {
    MemoryFileSystem files;
    FaultyFileSystem counter(files);
    make_vault(counter);
    made = counter.operations().size();
  }
  REQUIRE(operations.size() > made);
  FixedRandom fates;
  bool saw_old = false;
  bool saw_new = false;
  for (std::size_t count = made; count <= operations.size(); ++count) {
    for (int luck = 0; luck < 20; ++luck) {
      CAPTURE(count);
      MemoryFileSystem files;
      replay(std::span(operations).first(made), files);
      files.sync_directory("/");
      replay(std::span(operations).subspan(made, count - made), files);
      files.crash(fates);
      const LoadedKeyring loaded = load(files);
      const bool is_new = loaded.keyring.generation() == 2;
      (is_new ? saw_new : saw_old) = true;
      CHECK(loaded.keyring.unlock(passphrase(is_new ? "new" : "correct horse")).reading);
      repair_keyring(files, directory, loaded);
      CHECK(damaged_copies(files).empty());
    }
  }
  CHECK(saw_old);
  CHECK(saw_new);
}

TEST_CASE("keyring file: a full disk leaves a keyring that opens") {
  MemoryFileSystem counted;
  FaultyFileSystem counter(counted);
  make_vault(counter);
  const std::size_t made = counter.operations().size();
  for (std::size_t failing = 0; failing < made; ++failing) {
    CAPTURE(failing);
    MemoryFileSystem memory;
    make_vault(memory);
    FaultyFileSystem files(memory);
    files.set_fault(Fault{.operation = failing, .error_number = 28, .lasting = true});
    Keyring keyring = std::move(load(files).keyring);
    const auto code = error_code([&] { save_keyring(files, directory, keyring); });
    if (code) CHECK(code == ErrorCode::io);
    CHECK(load(memory).keyring.unlock(passphrase()).reading);
  }
}

}  // namespace muniment
