#include "vault/sql/database.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sql/scratch.hpp"

using namespace muniment;
using test::count_items;
using test::DatabaseKey;
using test::error_of;
using test::Scratch;

namespace {

// `work` in a process of its own, which ends without closing anything: what a crash leaves.
void crash_after(const auto& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

bool names_the_file(const Error& error, const Scratch& scratch) {
  return std::string_view(error.what()).starts_with(scratch.path.string() + ": ");
}

}  // namespace

TEST_CASE("database: what was committed is there when it is opened again") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(20);
  }
  for (const auto access : {DatabaseAccess::read, DatabaseAccess::write}) {
    Database database = scratch.open(access);
    CHECK(count_items(database) == 20);
  }
}

TEST_CASE("database: the salt is the start of the file") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(1);
  }
  CHECK(Database::salt_of(scratch.path) == scratch.salt);
  const Bytes content = scratch.content();
  CHECK(equal(ByteView(content).first(16), scratch.salt.view()));
  scratch.overwrite(ByteView(content).first(15));
  const Error error = error_of([&] { (void)Database::salt_of(scratch.path); });
  CHECK(error.code() == ErrorCode::damaged);
  CHECK(names_the_file(error, scratch));
}

TEST_CASE("database: a missing file is not made") {
  const Scratch scratch;
  const Error error = error_of([&] { (void)scratch.open(); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(names_the_file(error, scratch));
  CHECK_FALSE(scratch.files->file_size(scratch.path).has_value());
}

TEST_CASE("database: a directory in its place is an io error that names it") {
  const Scratch scratch;
  scratch.files->make_directory(scratch.path);
  const Error error = error_of([&] { (void)scratch.open(); });
  CHECK(error.code() == ErrorCode::io);
  CHECK(names_the_file(error, scratch));
}

TEST_CASE("database: a page torn while it was moved from the log is sound, since the log has it") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(20);
  }
  crash_after([&] {
    Database database = scratch.open();
    database.execute("UPDATE item SET text = 'y'");
    ::_exit(0);
  });
  Bytes torn = scratch.content();
  std::ranges::fill(std::span(torn).subspan(torn.size() - 1000, 512), std::byte{0});
  scratch.overwrite(torn);
  Database database = scratch.open();
  CHECK(count_items(database) == 20);
  CHECK(database.is_sound());
  CHECK(count_items(database) == 20);
}

TEST_CASE("database: another key, and what is no database, is damage") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(1);
  }
  const auto refused = [&](ByteView key) {
    const Error error =
        error_of([&] { (void)Database::open(scratch.path, key, DatabaseAccess::write); });
    CHECK(error.code() == ErrorCode::damaged);
    CHECK(names_the_file(error, scratch));
  };
  refused(DatabaseKey().view());
  scratch.overwrite(Bytes(8192, std::byte{'z'}));
  refused(scratch.key.view());
}

TEST_CASE("database: nothing that was put in can be read from its files") {
  const Scratch scratch;
  const std::string canary = "a name that nobody may read";
  Database database = scratch.create_filled(1);
  Statement(database, "INSERT INTO item (n, text) VALUES (?, ?)").run(1, canary);
  const std::filesystem::path log = scratch.path.string() + "-wal";
  const Bytes logged = read_file(*scratch.files, log, 10'000'000).value();
  CHECK(logged.size() > 4096);
  database.checkpoint();
  CHECK(scratch.files->file_size(log) == 0);
  const Bytes content = scratch.content();
  CHECK(content.size() >= 8192);
  for (const ByteView bytes : {ByteView(logged), ByteView(content)}) {
    for (const std::string_view text : {std::string_view(canary), std::string_view("CREATE TABLE"),
                                        as_text(scratch.key.view())}) {
      CHECK(as_text(bytes).find(text) == std::string_view::npos);
    }
  }
}

TEST_CASE("database: its log and index are as private as the file") {
  const Scratch scratch;
  const Database database = scratch.create_filled(1);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    REQUIRE(::stat((scratch.path.string() + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
  }
}

TEST_CASE("database: a reader sees the last commit while another connection writes") {
  const Scratch scratch;
  Database writer = scratch.create_filled(1);
  Database reader = scratch.open(DatabaseAccess::read);
  Transaction transaction(writer);
  writer.execute("INSERT INTO item VALUES (1, 'new')");
  CHECK(count_items(reader) == 1);
  transaction.commit();
  CHECK(count_items(reader) == 2);
}

TEST_CASE("database: a reader in another process sees what this one commits") {
  const Scratch scratch;
  Database writer = scratch.create_filled(1);
  // Not before the fork: a connection does not survive one.
  crash_after([&] {
    Database reader = scratch.open(DatabaseAccess::read);
    if (count_items(reader) != 1) ::_exit(1);
  });
  writer.execute("INSERT INTO item VALUES (1, 'new')");
  crash_after([&] {
    Database reader = scratch.open(DatabaseAccess::read);
    if (count_items(reader) != 2) ::_exit(1);
  });
}

TEST_CASE("database: a second writer is told that it is busy") {
  const Scratch scratch;
  Database first = scratch.create_filled(1);
  Database second = scratch.open();
  sqlite3_busy_timeout(second.handle(), 0);
  Transaction transaction(first);
  const Error error = error_of([&] { const Transaction refused(second); });
  CHECK(error.code() == ErrorCode::busy);
  CHECK(names_the_file(error, scratch));
  transaction.commit();
  Transaction(second).commit();
}

TEST_CASE("database: a connection for reading does not write") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(1);
  }
  Database reader = scratch.open(DatabaseAccess::read);
  const Error error = error_of([&] { reader.execute("DELETE FROM item"); });
  CHECK(error.code() == ErrorCode::io);
  CHECK(count_items(reader) == 1);
}

TEST_CASE("database: a file that cannot grow is an io error and changes nothing") {
  const Scratch scratch;
  Database database = scratch.create_filled(1);
  Statement limit(database, "PRAGMA max_page_count = 3");
  CHECK(limit.query().next());
  const Error error = error_of([&] {
    const Transaction transaction(database);
    Statement insert(database, "INSERT INTO item (n, text) VALUES (?, ?)");
    for (int n = 1; n < 1000; ++n) insert.run(n, std::string(100, 'x'));
  });
  CHECK(error.code() == ErrorCode::io);
  CHECK(names_the_file(error, scratch));
  CHECK(count_items(database) == 1);
}

TEST_CASE("database: a crash keeps what was committed and nothing else") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(1);
  }
  crash_after([&] {
    Database database = scratch.open();
    database.execute("INSERT INTO item VALUES (1, 'committed')");
    const Transaction transaction(database);
    database.execute("DELETE FROM item");
    ::_exit(0);
  });
  for (const auto access : {DatabaseAccess::read, DatabaseAccess::write}) {
    Database database = scratch.open(access);
    CHECK(count_items(database) == 2);
    CHECK(database.is_sound());
  }
}

TEST_CASE("database: a damaged page is damage to whoever reads it, and only to them") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(500);
  }
  Bytes content = scratch.content();
  content[content.size() - 2000] ^= std::byte{1};
  scratch.overwrite(content);
  Database database = scratch.open();
  Statement first(database, "SELECT text FROM item WHERE n = 0");
  CHECK(first.query().next());
  const Error error = error_of([&] { (void)count_items(database); });
  CHECK(error.code() == ErrorCode::damaged);
  CHECK(names_the_file(error, scratch));
}

TEST_CASE("database: the check of the whole file finds damage in pages that are not in use") {
  const Scratch scratch;
  {
    Database database = scratch.create_filled(500);
    database.execute("DELETE FROM item WHERE n > 0");
    CHECK(database.is_sound());
  }
  CHECK(scratch.open().is_sound());
  Bytes content = scratch.content();
  content[content.size() - 2000] ^= std::byte{1};
  scratch.overwrite(content);
  Database database = scratch.open();
  CHECK_FALSE(database.is_sound());
}

TEST_CASE("database: a file that lost its end is damage") {
  const Scratch scratch;
  {
    const Database database = scratch.create_filled(500);
  }
  const Bytes content = scratch.content();
  // SQLite reads what is missing of a page as zeros. One byte alone, the last of a tag, is zero
  // once in 256 times.
  for (const std::size_t lost : {16U, 4096U, 40'000U}) {
    scratch.overwrite(ByteView(content).first(content.size() - lost));
    const Error error = error_of([&] {
      Database database = scratch.open();
      (void)count_items(database);
    });
    CHECK(error.code() == ErrorCode::damaged);
  }
}

TEST_CASE("database: checkpoint is refused while a reader holds an older state") {
  const Scratch scratch;
  Database writer = scratch.create_filled(10);
  const Database reader = scratch.open(DatabaseAccess::read);
  sqlite3_busy_timeout(writer.handle(), 0);
  {
    Statement read(reader, "SELECT n FROM item");
    Rows rows = read.query();
    REQUIRE(rows.next());
    writer.execute("INSERT INTO item VALUES (10, 'new')");
    const Error error = error_of([&] { writer.checkpoint(); });
    CHECK(error.code() == ErrorCode::busy);
  }
  writer.checkpoint();
}
