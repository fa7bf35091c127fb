#include "vault/sql/transaction.hpp"

#include "vault/sql/failure.hpp"

namespace muniment {

namespace detail {

// A failure leaves nothing to do: what was not committed is dropped when the connection goes.
void roll_back(sqlite3* database) noexcept {
  sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace detail

Transaction::Transaction(Database& database) {
  database.execute("BEGIN IMMEDIATE");
  x_open.reset(database.handle());
}

void Transaction::commit() {
  detail::expect_ok(x_open.get(), sqlite3_exec(x_open.get(), "COMMIT", nullptr, nullptr, nullptr));
  [[maybe_unused]] const sqlite3* committed = x_open.release();
}

}  // namespace muniment
