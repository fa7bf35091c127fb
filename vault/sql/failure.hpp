// SQLite's result codes as Errors. Private to vault/sql.
#pragma once

#include <sqlite3.h>

namespace muniment::detail {

// Throws unless `result` is SQLITE_OK. `database` is where the call was made, and names the file.
void expect_ok(sqlite3* database, int result);

// As above for a result that is known to be a failure.
[[noreturn]] void fail(sqlite3* database, int result);

}  // namespace muniment::detail
