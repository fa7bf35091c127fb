// A database of the test's own, in a directory of its own.
#pragma once

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"
#include "vault/base/error.hpp"
#include "vault/base/file.hpp"
#include "vault/sql/database.hpp"
#include "vault/sql/statement.hpp"
#include "vault/sql/transaction.hpp"

namespace muniment::test {

using DatabaseKey = FixedBytes<struct DatabaseKeyTag, 32>;

struct Scratch {
  TemporaryDirectory directory;
  std::unique_ptr<FileSystem> files = posix_file_system();
  std::filesystem::path path = directory.path() / "scratch.db";
  DatabaseKey key = DatabaseKey::from_hex(std::string(64, 'a')).value();
  DatabaseSalt salt = DatabaseSalt::from_hex(std::string(32, '5')).value();

  [[nodiscard]] Database create() const {
    files->create(path).reset();
    return Database::create(path, key.view(), salt);
  }

  [[nodiscard]] Database open(DatabaseAccess access = DatabaseAccess::write) const {
    return Database::open(path, key.view(), access);
  }

  // With the table item and `rows` rows of 100 bytes in it.
  [[nodiscard]] Database create_filled(int rows) const {
    Database database = create();
    database.execute("CREATE TABLE item (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");
    Transaction transaction(database);
    Statement insert(database, "INSERT INTO item (n, text) VALUES (?, ?)");
    for (int n = 0; n < rows; ++n) insert.run(n, std::string(100, 'x'));
    transaction.commit();
    return database;
  }

  [[nodiscard]] Bytes content() const { return read_file(*files, path, 10'000'000).value(); }

  void overwrite(ByteView bytes) const { write_file_atomically(*files, path, bytes); }
};

// The error that `action` ends with.
Error error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("not reached");
}

[[nodiscard]] inline int count_items(Database& database) {
  Statement count(database, "SELECT count(text) FROM item");
  Rows rows = count.query();
  return rows.next() ? rows.get<int>(0) : -1;
}

}  // namespace muniment::test
