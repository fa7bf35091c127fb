#include "vault/ledger/fork.hpp"

#include <doctest/doctest.h>

#include "tests/ledger/fixture.hpp"

namespace muniment {
namespace {

using test::LedgerFixture;

std::optional<LedgerFork> find(LedgerFixture& here, const LedgerCopy& copy) {
  return find_fork(here.files, here.ledgers, copy, here.log_key());
}

// Histories of `here` and `there` entries, of which the first `both` are the same.
struct TwoHistories {
  TwoHistories(std::size_t both, std::size_t here_more, std::size_t there_more) {
    if (both > 0) {
      here.append({both});
      there.append({both});
    }
    here.writer().append(LedgerFixture::entries(both, here_more), here.key);
    there.writer().append(LedgerFixture::entries(100, there_more), there.key);
  }

  LedgerFixture here;
  LedgerFixture there;
};

TEST_CASE("fork: two histories of whatever sizes prove it, and each side finds the same") {
  for (const std::size_t both : {0U, 1U, 3U}) {
    for (const std::size_t more : {1U, 2U, 5U}) {
      CAPTURE(both);
      CAPTURE(more);
      TwoHistories two(both, 2, more);
      const auto fork = find(two.here, two.there.copy());
      REQUIRE(fork);
      CHECK(is_proof(*fork, two.here.log_key()));
      const auto other = find(two.there, two.here.copy());
      REQUIRE(other);
      CHECK(is_proof(*other, two.here.log_key()));
      if (more == 2) continue;  // then each side takes its own for the earlier one
      CHECK(other->earlier.text == fork->earlier.text);
      CHECK(other->later.text == fork->later.text);
      CHECK(other->root == fork->root);
      CHECK(other->proof == fork->proof);
    }
  }
}

TEST_CASE("fork: a ledger that only grew, or a copy that was not signed, is none") {
  LedgerFixture here;
  here.append({2});
  const LedgerCopy early = here.copy();
  here.append({3});
  CHECK_FALSE(find(here, early));
  LedgerFixture there;
  there.append({2});
  CHECK_FALSE(find(there, here.copy()));
  LedgerCopy forged = here.copy();
  forged.entries[1] += "x";
  CHECK_FALSE(find(here, forged));
  LedgerFixture empty;
  CHECK_FALSE(find(empty, early));
}

TEST_CASE("fork: what proves it has no signature but the log's") {
  TwoHistories two(1, 1, 3);
  LedgerCopy copy = two.there.copy();
  copy.checkpoint.signatures.push_back(
      {"witness.example", {}, to_bytes("whatever a witness says")});
  const auto fork = find(two.here, copy);
  REQUIRE(fork);
  CHECK(fork->later.signatures.size() == 1);
  CHECK(is_proof(*fork, two.here.log_key()));
}

TEST_CASE("fork: nobody can claim one where there is none") {
  TwoHistories two(3, 2, 6);
  const LedgerFork fork = *find(two.here, two.there.copy());
  CHECK_FALSE(is_proof(fork, verify_key(LedgerFixture::make_key(9))));
  LedgerFork altered = fork;
  altered.name = LedgerFixture::make_name(7);
  CHECK_FALSE(is_proof(altered, two.here.log_key()));
  altered = fork;
  std::swap(altered.earlier, altered.later);
  CHECK_FALSE(is_proof(altered, two.here.log_key()));
  altered = fork;
  altered.root = {};
  CHECK_FALSE(is_proof(altered, two.here.log_key()));
  altered = fork;
  altered.proof.pop_back();
  CHECK_FALSE(is_proof(altered, two.here.log_key()));
  altered = fork;
  altered.earlier.text += "more\n";
  CHECK_FALSE(is_proof(altered, two.here.log_key()));
  // One history, looked at twice, as somebody would who wants the ledger frozen.
  LedgerFork grown;
  grown.name = fork.name;
  grown.later = two.there.find()->checkpoint();
  grown.earlier = grown.later;
  grown.root = two.there.find()->head().root;
  CHECK_FALSE(is_proof(grown, two.here.log_key()));
}

}  // namespace
}  // namespace muniment
