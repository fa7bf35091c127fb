// A prepared statement with typed parameters and columns.
//
//   Statement find(database, "SELECT size, root FROM ledger WHERE id = ?");
//   Rows rows = find.query(ledger);
//   if (rows.next()) head = {rows.get<std::uint64_t>(0), rows.get<Sha256Digest>(1)};
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "vault/base/bytes.hpp"
#include "vault/base/handle.hpp"
#include "vault/sql/database.hpp"

struct sqlite3_stmt;

namespace muniment {

namespace detail {
void finalize_statement(sqlite3_stmt* statement) noexcept;
void reset_statement(sqlite3_stmt* statement) noexcept;
[[noreturn]] void bad_column(sqlite3_stmt* statement, int column);
}  // namespace detail

// The rows of one run of a Statement, which must outlive it; the statement is reset when it goes.
class Rows {
 public:
  // Steps to the next row; false after the last.
  [[nodiscard]] bool next();

  // The current row's column, from 0: an integer, std::string (copied) or FixedBytes.
  // Error(damaged) if the value is of another type, length or range.
  template <class Value>
  [[nodiscard]] Value get(int column) const {
    if constexpr (std::integral<Value>) {
      const std::int64_t value = integer(column);
      if (sizeof(Value) < sizeof(value) && !std::in_range<Value>(value)) {
        detail::bad_column(x_statement.get(), column);
      }
      return static_cast<Value>(value);
    } else if constexpr (std::same_as<Value, std::string>) {
      return std::string(text(column));
    } else {
      const std::optional<Value> value = Value::from_bytes(blob(column));
      if (!value) detail::bad_column(x_statement.get(), column);
      return *value;
    }
  }

 private:
  friend class Statement;
  explicit Rows(sqlite3_stmt* statement) noexcept : x_statement(statement) {}

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] ByteView blob(int column) const;

  Handle<sqlite3_stmt, detail::reset_statement> x_statement;
};

// Moves with its Database. Only one Rows of it at a time. Errors as Database has them.
class Statement {
 public:
  // `sql` is one statement with `?` for each parameter.
  Statement(const Database& database, std::string_view sql);

  // Binds all parameters in order (integers, enums, std::string_view, FixedBytes; each is copied)
  // and starts. SQLite's integers are signed: a std::uint64_t comes back as it was, but those from
  // 2^63 sort below zero.
  template <class... Values>
  [[nodiscard]] Rows query(const Values&... values) {
    expect_parameters(sizeof...(values));
    Rows rows(x_statement.get());
    bind_all(std::index_sequence_for<Values...>(), values...);
    return rows;
  }

  // As query(), for a statement that gives no rows; returns how many it inserted, changed or
  // deleted.
  template <class... Values>
  std::uint64_t run(const Values&... values) {
    Rows rows = query(values...);
    return run_to_end(rows);
  }

 private:
  template <std::size_t... Index, class... Values>
  void bind_all(std::index_sequence<Index...>, const Values&... values) {
    (bind(static_cast<int>(Index) + 1, values), ...);
  }

  template <class Value>
  void bind(int position, const Value& value) {
    if constexpr (std::integral<Value> || std::is_enum_v<Value>) {
      bind_integer(position, static_cast<std::int64_t>(value));
    } else if constexpr (std::convertible_to<const Value&, std::string_view>) {
      bind_text(position, value);
    } else {
      bind_blob(position, value.view());
    }
  }

  void expect_parameters(std::size_t count) const;
  void bind_integer(int position, std::int64_t value);
  void bind_text(int position, std::string_view value);
  void bind_blob(int position, ByteView value);
  std::uint64_t run_to_end(Rows& rows);

  Handle<sqlite3_stmt, detail::finalize_statement> x_statement;
};

}  // namespace muniment
