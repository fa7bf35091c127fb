#include "vault/sql/failure.hpp"

#include <fmt/format.h>

#include <new>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment::detail {

namespace {

ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::busy;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::io;
    default:
      // CORRUPT and NOTADB; ERROR, which SQLCipher gives for every page after a bad one; and
      // whatever a schema can cause that is not the one that its owner wrote.
      return ErrorCode::damaged;
  }
}

}  // namespace

void fail(sqlite3* database, int result) {
  if ((result & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  VAULT_ASSERT((result & 0xff) != SQLITE_MISUSE && (result & 0xff) != SQLITE_RANGE);

  const std::string path = escape(sqlite3_db_filename(database, "main"));
  const ErrorCode code = code_of(result);
  const int system_error = sqlite3_system_errno(database);
  if (code == ErrorCode::io && system_error != 0) {
    throw io_error(path, sqlite3_errstr(result), system_error);
  }
  throw Error(code, fmt::format("{}: {}", path, sqlite3_errmsg(database)));
}

void expect_ok(sqlite3* database, int result) {
  if (result != SQLITE_OK) fail(database, result);
}

}  // namespace muniment::detail
