#include "vault/sql/failure.hpp"

#include <fmt/format.h>

#include <new>

#include "vault/base/assert.hpp"
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

Error failure(sqlite3* database, const char* path, int result) {
  if ((result & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  VAULT_ASSERT((result & 0xff) != SQLITE_MISUSE && (result & 0xff) != SQLITE_RANGE);

  const ErrorCode code = code_of(result);
  const int system_error = sqlite3_system_errno(database);
  if (code == ErrorCode::io && system_error != 0) {
    return io_error(escape(path), sqlite3_errstr(result), system_error);
  }
  return {code, fmt::format("{}: {}", escape(path), sqlite3_errmsg(database)),
          code == ErrorCode::damaged ? "run 'muniment catalog rebuild'" : ""};
}

Error failure(sqlite3* database, int result) {
  return failure(database, sqlite3_db_filename(database, "main"), result);
}

}  // namespace muniment::detail
