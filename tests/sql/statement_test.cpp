#include "vault/sql/statement.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/sql/scratch.hpp"

using namespace muniment;
using test::count_items;
using test::error_of;
using test::Scratch;

namespace {

using Four = FixedBytes<struct FourTag, 4>;

// What SQLite makes of a value on its way through a parameter and a column.
template <class Value, class Bound>
Value echo(Database& database, const Bound& value) {
  Statement statement(database, "SELECT ?");
  Rows rows = statement.query(value);
  REQUIRE(rows.next());
  return rows.get<Value>(0);
}

}  // namespace

TEST_CASE("statement: every value comes back as it was bound") {
  const Scratch scratch;
  Database database = scratch.create();
  using Signed = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value :
       {Signed::min(), Signed::max(), std::int64_t{0}, std::int64_t{-1}}) {
    CHECK(echo<std::int64_t>(database, value) == value);
  }
  for (const std::uint64_t value : {0ULL, 1ULL << 63U, ~0ULL}) {
    CHECK(echo<std::uint64_t>(database, value) == value);
  }
  for (const std::string value : {"", "plain", "\xff not UTF-8"}) {
    CHECK(echo<std::string>(database, value) == value);
  }
  CHECK(echo<std::string>(database, std::string_view("a\0b", 3)) == std::string("a\0b", 3));
  const Four four = Four::from_hex("00ff0010").value();
  CHECK(echo<Four>(database, four) == four);
  enum class Colour : std::uint8_t { red = 7 };
  CHECK(echo<std::uint8_t>(database, Colour::red) == 7);
}

TEST_CASE("statement: a column of another type, length or range is damage") {
  const Scratch scratch;
  Database database = scratch.create();
  const Four four;
  const auto refused = [&](const auto& read) {
    const Error error = error_of(read);
    CHECK(error.code() == ErrorCode::damaged);
    CHECK(std::string(error.what()).starts_with(scratch.path.string() + ": "));
  };
  refused([&] { (void)echo<std::int64_t>(database, "1"); });
  refused([&] { (void)echo<std::int64_t>(database, four); });
  refused([&] { (void)echo<std::string>(database, 1); });
  refused([&] { (void)echo<std::string>(database, four); });
  refused([&] { (void)echo<Four>(database, 1); });
  refused([&] { (void)echo<Four>(database, "four"); });
  refused([&] { (void)echo<FixedBytes<struct FiveTag, 5>>(database, four); });
  refused([&] { (void)echo<std::uint32_t>(database, 1ULL << 32U); });
  refused([&] { (void)echo<std::uint32_t>(database, -1); });
  refused([&] { (void)echo<std::uint8_t>(database, 256); });
}

TEST_CASE("statement: it runs any number of times, each with its own parameters") {
  const Scratch scratch;
  const Database database = scratch.create_filled(10);
  Statement find(database, "SELECT n FROM item WHERE n >= ? ORDER BY n");
  for (const int first : {3, 7, 9}) {
    Rows rows = find.query(first);
    REQUIRE(rows.next());
    CHECK(rows.get<int>(0) == first);
  }
  Rows rows = find.query(10);
  CHECK_FALSE(rows.next());
}

TEST_CASE("statement: run says how many rows it changed") {
  const Scratch scratch;
  const Database database = scratch.create_filled(10);
  Statement update(database, "UPDATE item SET text = ? WHERE n < ?");
  CHECK(update.run("y", 4) == 4);
  CHECK(update.run("y", 0) == 0);
  CHECK(Statement(database, "DELETE FROM item").run() == 10);
}

TEST_CASE("statement: it survives the move of its database") {
  const Scratch scratch;
  Database first = scratch.create_filled(1);
  Statement find(first, "SELECT n FROM item");
  const Database second = std::move(first);
  CHECK(find.query().next());
}

TEST_CASE("transaction: what is not committed is rolled back") {
  const Scratch scratch;
  Database database = scratch.create_filled(3);
  {
    const Transaction transaction(database);
    database.execute("DELETE FROM item");
    CHECK(count_items(database) == 0);
  }
  CHECK(count_items(database) == 3);
  {
    Transaction transaction(database);
    database.execute("DELETE FROM item WHERE n = 0");
    transaction.commit();
  }
  CHECK(count_items(database) == 2);
}

TEST_CASE("transaction: an exception rolls back what came before it") {
  const Scratch scratch;
  Database database = scratch.create_filled(3);
  const auto fail_halfway = [&] {
    const Transaction transaction(database);
    database.execute("DELETE FROM item");
    database.execute("INSERT INTO item VALUES (1, NULL)");
  };
  CHECK_THROWS_AS(fail_halfway(), Error);
  CHECK(count_items(database) == 3);
}
