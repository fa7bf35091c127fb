#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/catalog/scratch.hpp"
#include "tests/support/faulty_file_system.hpp"

using namespace muniment;
using test::id;
using test::ledger_head;
using test::Scratch;

namespace {

// The database under a catalog, as FORMAT.md has it.
Database open_below(const Scratch& scratch) {
  const auto key = derive<struct PagePurpose>(scratch.key, "muniment/catalog-pages/v1");
  return Database::open(scratch.path, key.view(), DatabaseAccess::write);
}

}  // namespace

TEST_CASE("catalog: one that is missing is absent, and opening does not make it") {
  const Scratch scratch;
  CHECK(scratch.state() == CatalogState::absent);
  CHECK(scratch.files.list(scratch.directory.path()).empty());
}

TEST_CASE("catalog: what was committed is there when it is opened again, for reading or writing") {
  Scratch scratch;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
  }
  for (const auto access : {DatabaseAccess::read, DatabaseAccess::write}) {
    Catalog catalog = scratch.open(access);
    CHECK(catalog.heads() == std::vector{ledger_head(1, 1)});
  }
}

TEST_CASE("catalog: it is private to its owner") {
  Scratch scratch;
  const Catalog catalog = scratch.create();
  struct stat status{};
  REQUIRE(::stat(scratch.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
}

TEST_CASE("catalog: one of another vault or consortium is foreign") {
  Scratch scratch;
  (void)scratch.create();
  scratch.owner.vault = id<VaultId>(3);
  CHECK(scratch.state() == CatalogState::foreign);
  scratch.owner = {id<VaultId>(1), id<ConsortiumId>(3)};
  CHECK(scratch.state() == CatalogState::foreign);
}

TEST_CASE("catalog: its key, salt and version are what FORMAT.md says") {
  Scratch scratch;
  (void)scratch.create();
  const DatabaseSalt salt = Database::salt_of(scratch.path);
  const auto check = keyed_hash<Sha256Digest>(
      scratch.key, {as_bytes("muniment/catalog-salt/v1"), salt.view().first(8)});
  CHECK(equal(salt.view().subspan(8), check.view().first(8)));

  const Database database = open_below(scratch);
  Statement version(database, "PRAGMA user_version");
  Rows rows = version.query();
  REQUIRE(rows.next());
  const Bytes schema =
      read_file(scratch.files, MUNIMENT_GOLDEN_DIR "/../../vault/catalog/schema.sql", 100'000)
          .value();
  CHECK(rows.get<std::uint32_t>(0) == ((sha256(schema).prefix() & 0x7fffffffU) | 1U));
}

TEST_CASE("catalog: one of another schema is outdated, whatever else it holds") {
  Scratch scratch;
  (void)scratch.create();
  open_below(scratch).execute("PRAGMA user_version = 1; DROP TABLE owner");
  CHECK(scratch.state() == CatalogState::outdated);
}

TEST_CASE("catalog: one that says nothing of its owner is damaged") {
  Scratch scratch;
  (void)scratch.create();
  SUBCASE("no row") {
    open_below(scratch).execute("DELETE FROM owner");
  }
  SUBCASE("no table") {
    open_below(scratch).execute("DROP TABLE owner");
  }
  SUBCASE("no id") {
    open_below(scratch).execute("UPDATE owner SET vault = x'01'");
  }
  CHECK(scratch.state() == CatalogState::damaged);
}

TEST_CASE("catalog: one sealed with another key is told from a damaged one") {
  Scratch scratch;
  (void)scratch.create();
  const Bytes content = scratch.content();
  scratch.key = CatalogKey::generate(scratch.random);
  CHECK(scratch.state() == CatalogState::wrong_key);
  scratch.overwrite(scratch.path, test::FixedRandom(2).bytes(content.size()));
  CHECK(scratch.state() == CatalogState::wrong_key);
}

TEST_CASE("catalog: a damaged first page, a short file and an empty one are damaged") {
  Scratch scratch;
  (void)scratch.create();
  Bytes content = scratch.content();
  for (const std::size_t size : {0U, 1U, 15U, 16U, 100U, 4095U, 4096U}) {
    scratch.overwrite(scratch.path, ByteView(content).first(size));
    CHECK(scratch.state() == CatalogState::damaged);
  }
  content[100] ^= std::byte{1};
  scratch.overwrite(scratch.path, content);
  CHECK(scratch.state() == CatalogState::damaged);
}

TEST_CASE("catalog: opening changes nothing, whatever it finds") {
  Scratch scratch;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
  }
  Bytes content = scratch.content();
  SUBCASE("current") {}
  SUBCASE("damaged") {
    content[100] ^= std::byte{1};
  }
  SUBCASE("wrong key") {
    content[0] ^= std::byte{1};
  }
  SUBCASE("foreign") {
    scratch.owner.vault = id<VaultId>(3);
  }
  SUBCASE("empty") {
    content.clear();
  }
  scratch.overwrite(scratch.path, content);
  for (const auto access : {DatabaseAccess::read, DatabaseAccess::write}) {
    (void)Catalog::open(scratch.path, scratch.key, scratch.owner, access);
    CHECK(scratch.content() == content);
  }
}

TEST_CASE("catalog: create replaces whatever stands in its place") {
  Scratch scratch;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
  }
  Bytes content = scratch.content();
  SUBCASE("a good one") {}
  SUBCASE("a damaged one") {
    content[100] ^= std::byte{1};
  }
  SUBCASE("a foreign file") {
    content = to_bytes("not a database");
  }
  scratch.overwrite(scratch.path, content);
  // Left by a crash, here and there.
  for (const char* suffix : {"-wal", "-shm", ".new", ".new-wal", ".new-shm"}) {
    (void)scratch.files.open_or_create(scratch.path.string() + suffix);
  }
  {
    Catalog catalog = scratch.create();
    CHECK(catalog.heads().empty());
    test::add_commit(catalog, 2);
  }
  CHECK(scratch.open().heads() == std::vector{ledger_head(1, 2)});
  for (const char* suffix : {".new", ".new-wal", ".new-shm"}) {
    CHECK_FALSE(scratch.files.file_size(scratch.path.string() + suffix).has_value());
  }
}

TEST_CASE("catalog: the log of an earlier one is not taken for the new one's") {
  Scratch scratch;
  const std::filesystem::path log = scratch.path.string() + "-wal";
  Bytes old_log;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
    old_log = read_file(scratch.files, log, 10'000'000).value();
    REQUIRE(old_log.size() > 4096);
  }
  (void)scratch.create();
  scratch.overwrite(log, old_log);
  Catalog catalog = scratch.open();
  try {
    (void)test::read_all(catalog);
    FAIL("pages of another database were read");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::damaged);
  }
}

TEST_CASE("catalog: who has the old one open goes on reading it while another is made") {
  Scratch scratch;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
  }
  Catalog old = scratch.open();
  // In another process, as create() asks for: SQLite keeps one set of locks for a process.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    {
      Catalog fresh = scratch.create();
      test::add_commit(fresh, 2);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  CHECK(old.heads() == std::vector{ledger_head(1, 1)});
  CHECK(scratch.open().heads() == std::vector{ledger_head(1, 2)});
}

TEST_CASE("catalog: create that fails leaves the old one, none, or a new one") {
  Scratch scratch;
  test::FaultyFileSystem faulty(scratch.files);
  (void)Catalog::create(faulty, scratch.path, scratch.key, scratch.owner, scratch.random);
  const std::size_t operations = faulty.operations().size();
  REQUIRE(operations > 0);
  for (std::size_t i = 0; i < operations; ++i) {
    {
      Catalog old = scratch.create();
      test::add_commit(old, 1);
    }
    test::FaultyFileSystem failing(scratch.files);
    failing.set_fault(test::Fault{.operation = i, .error_number = EIO, .lasting = true});
    CHECK_THROWS_AS(
        (void)Catalog::create(failing, scratch.path, scratch.key, scratch.owner, scratch.random),
        Error);
    const CatalogOpening found =
        Catalog::open(scratch.path, scratch.key, scratch.owner, DatabaseAccess::read);
    CHECK((found.state == CatalogState::current || found.state == CatalogState::absent));
    if (found.catalog) {
      Catalog catalog = scratch.open();
      const bool old_or_new =
          catalog.heads().empty() || catalog.heads() == std::vector{ledger_head(1, 1)};
      CHECK(old_or_new);
    }
  }
}
