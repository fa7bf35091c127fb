#include "vault/ledger/copy.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/ledger/fixture.hpp"

namespace muniment {
namespace {

using test::LedgerFixture;

template <class Call>
void check_damaged(std::string_view said, Call&& call) {
  const auto error = test::error_of(call);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(std::string_view(error->what()).find(said) != std::string_view::npos);
}

std::string encoded(const LedgerCopy& copy) {
  RecordWriter record("muniment/test/v1");
  write_ledger_copy(record, copy);
  return record.finish();
}

TEST_CASE("ledger copy: what is written comes back, and proves itself") {
  LedgerFixture fixture;
  fixture.append({2, 1});
  const std::string text = encoded(fixture.copy());
  RecordReader record(text, "muniment/test/v1");
  const std::vector<LedgerCopy> copies = read_ledger_copies(record);
  REQUIRE(record.done());
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].entries == LedgerFixture::entries(0, 3));
  CHECK(encoded(copies[0]) == text);
  CHECK(is_authentic(copies[0], fixture.log_key()));
}

TEST_CASE("ledger copy: with an entry altered, left out or added it does not prove itself") {
  LedgerFixture fixture;
  fixture.append({3});
  const LedgerCopy copy = fixture.copy();
  LedgerCopy altered = copy;
  altered.entries[1] += "more\n";
  CHECK_FALSE(is_authentic(altered, fixture.log_key()));
  altered = copy;
  altered.entries.pop_back();
  CHECK_FALSE(is_authentic(altered, fixture.log_key()));
  altered = copy;
  altered.entries.push_back(copy.entries[0]);
  CHECK_FALSE(is_authentic(altered, fixture.log_key()));
  CHECK_FALSE(is_authentic(copy, verify_key(LedgerFixture::make_key(9))));
}

TEST_CASE("ledger copy: merging makes a ledger, adds to it, and never takes away") {
  LedgerFixture here;
  LedgerFixture there;
  here.append({2});
  const LedgerCopy early = here.copy();
  CHECK(merge_ledger(there.files, there.ledgers, early, here.log_key()) == 2);
  here.append({1, 4});
  const LedgerCopy late = here.copy();
  CHECK(merge_ledger(there.files, there.ledgers, late, here.log_key()) == 5);
  CHECK(merge_ledger(there.files, there.ledgers, late, here.log_key()) == 0);
  CHECK(merge_ledger(there.files, there.ledgers, early, here.log_key()) == 0);
  CHECK(test::all_entries(*there.find()) == LedgerFixture::entries(0, 7));
  CHECK(there.check().empty());
}

TEST_CASE("ledger copy: a second history is refused, and the first stays") {
  LedgerFixture here;
  LedgerFixture there;
  here.append({2});
  there.append({1});
  there.writer().append(LedgerFixture::entries(7, 2), there.key);
  const LedgerCopy fork = there.copy();
  check_damaged("differ at entry 1",
                [&] { merge_ledger(here.files, here.ledgers, fork, here.log_key()); });
  CHECK(test::all_entries(*here.find()) == LedgerFixture::entries(0, 2));
}

TEST_CASE("ledger copy: one that its device did not sign changes nothing") {
  LedgerFixture here;
  LedgerFixture there;
  here.append({2});
  LedgerCopy copy = here.copy();
  copy.entries[0] += "x";
  check_damaged("not what its device signed",
                [&] { merge_ledger(there.files, there.ledgers, copy, here.log_key()); });
  CHECK_FALSE(there.find());
}

}  // namespace
}  // namespace muniment
