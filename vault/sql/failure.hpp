// SQLite's result codes as Errors. Private to vault/sql.
#pragma once

#include <sqlite3.h>

#include "vault/base/error.hpp"

namespace muniment::detail {

// The error for a call on `database` that gave `result`, which is not SQLITE_OK.
[[nodiscard]] Error failure(sqlite3* database, const char* path, int result);

// As above for a database that is open and so knows its own path.
[[nodiscard]] Error failure(sqlite3* database, int result);

inline void expect_ok(sqlite3* database, int result) {
  if (result != SQLITE_OK) throw failure(database, result);
}

}  // namespace muniment::detail
