#include "vault/sql/statement.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/base/text.hpp"
#include "vault/sql/failure.hpp"

namespace muniment {

namespace detail {

void finalize_statement(sqlite3_stmt* statement) noexcept {
  sqlite3_finalize(statement);
}

// Parameters too: a later run must not see an earlier one's.
void reset_statement(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

void bad_column(sqlite3_stmt* statement, int column) {
  throw Error(ErrorCode::damaged,
              fmt::format("{}: column {} holds what was never put there",
                          escape(sqlite3_db_filename(sqlite3_db_handle(statement), "main")),
                          sqlite3_column_name(statement, column)));
}

}  // namespace detail

namespace {

void expect_type(sqlite3_stmt* statement, int column, int type) {
  if (sqlite3_column_type(statement, column) != type) detail::bad_column(statement, column);
}

std::size_t column_size(sqlite3_stmt* statement, int column) {
  return static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
}

}  // namespace

bool Rows::next() {
  const int result = sqlite3_step(x_statement.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  throw detail::failure(sqlite3_db_handle(x_statement.get()), result);
}

std::int64_t Rows::integer(int column) const {
  expect_type(x_statement.get(), column, SQLITE_INTEGER);
  return sqlite3_column_int64(x_statement.get(), column);
}

std::string_view Rows::text(int column) const {
  expect_type(x_statement.get(), column, SQLITE_TEXT);
  const unsigned char* start = sqlite3_column_text(x_statement.get(), column);
  return {reinterpret_cast<const char*>(start), column_size(x_statement.get(), column)};
}

ByteView Rows::blob(int column) const {
  expect_type(x_statement.get(), column, SQLITE_BLOB);
  const void* start = sqlite3_column_blob(x_statement.get(), column);
  return {static_cast<const std::byte*>(start), column_size(x_statement.get(), column)};
}

Statement::Statement(const Database& database, std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  detail::expect_ok(database.handle(),
                    sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &prepared, nullptr));
  x_statement.reset(prepared);
}

void Statement::expect_parameters(std::size_t count) const {
  const int expected = sqlite3_bind_parameter_count(x_statement.get());
  VAULT_ASSERT(std::cmp_equal(expected, count) && sqlite3_stmt_busy(x_statement.get()) == 0);
}

void Statement::bind_integer(int position, std::int64_t value) {
  detail::expect_ok(sqlite3_db_handle(x_statement.get()),
                    sqlite3_bind_int64(x_statement.get(), position, value));
}

void Statement::bind_text(int position, std::string_view value) {
  detail::expect_ok(sqlite3_db_handle(x_statement.get()),
                    sqlite3_bind_text64(x_statement.get(), position, value.data(), value.size(),
                                        SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_blob(int position, ByteView value) {
  detail::expect_ok(sqlite3_db_handle(x_statement.get()),
                    sqlite3_bind_blob64(x_statement.get(), position, value.data(), value.size(),
                                        SQLITE_TRANSIENT));
}

std::uint64_t Statement::run_to_end(Rows& rows) {
  const bool gave_a_row = rows.next();
  VAULT_ASSERT(!gave_a_row);
  return static_cast<std::uint64_t>(sqlite3_changes64(sqlite3_db_handle(x_statement.get())));
}

}  // namespace muniment
