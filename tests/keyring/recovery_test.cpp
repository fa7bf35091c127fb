#include "vault/keyring/recovery.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

RecoverySeed test_seed() {
  FixedRandom random(1);
  return RecoverySeed::generate(random);
}

}  // namespace

TEST_CASE("recovery: the sheet has 33 words, and they give the seed back") {
  FixedRandom random(2);
  const RecoverySeed seed = test_seed();
  std::vector<SecretBytes> sheet;
  sheet.push_back(recovery_words(seed, random));
  CHECK(std::ranges::count(as_text(sheet[0].view()), ' ') == 32);
  const auto found = recovery_seed(sheet);
  REQUIRE(std::holds_alternative<RecoverySeed>(found));
  CHECK(equal(std::get<RecoverySeed>(found).view(), seed.view()));
}

TEST_CASE("recovery: words printed years ago still give their seed") {
  std::vector<SecretBytes> sheet;
  sheet.push_back(SecretBytes::copy_of(
      as_bytes("primary indicate academic academic album gasoline hairy carve capture language "
               "march marvel fiber result revenue living trial tidy pajamas modern sweater husky "
               "friar freshman greatest magazine pistol domestic mailman ancestor reunion center "
               "main")));
  const auto found = recovery_seed(sheet);
  REQUIRE(std::holds_alternative<RecoverySeed>(found));
  CHECK(equal(std::get<RecoverySeed>(found).view(), test_seed().view()));
}

TEST_CASE("recovery: two sheets of one seed differ, and either is enough") {
  FixedRandom random(3);
  std::vector<SecretBytes> first;
  std::vector<SecretBytes> second;
  first.push_back(recovery_words(test_seed(), random));
  second.push_back(recovery_words(test_seed(), random));
  CHECK_FALSE(equal(first[0].view(), second[0].view()));
  CHECK(std::holds_alternative<RecoverySeed>(recovery_seed(first)));
  CHECK(std::holds_alternative<RecoverySeed>(recovery_seed(second)));
}

TEST_CASE("recovery: trustees' shares give the seed, one too few does not") {
  FixedRandom random(4);
  const auto shares = slip39_split(test_seed().view(), {}, {.groups = {{3, 5}}}, random);
  const auto enough = recovery_seed(std::span(shares[0]).first(3));
  REQUIRE(std::holds_alternative<RecoverySeed>(enough));
  CHECK(equal(std::get<RecoverySeed>(enough).view(), test_seed().view()));
  const auto too_few = recovery_seed(std::span(shares[0]).first(2));
  REQUIRE(std::holds_alternative<Slip39Problem>(too_few));
  CHECK(std::get<Slip39Problem>(too_few).missing == 1);
}

TEST_CASE("recovery: the words of a secret of another size are no recovery sheet") {
  FixedRandom random(5);
  const auto shares = slip39_split(random.bytes(16), {}, {}, random);
  const auto result = recovery_seed(shares[0]);
  REQUIRE(std::holds_alternative<Slip39Problem>(result));
  CHECK(std::get<Slip39Problem>(result).reason == Slip39Refusal::length);
}

TEST_CASE("recovery: the identity follows from the seed, for ever in the same way") {
  CHECK(to_hex(recovery_secret_key(test_seed()).view()) ==
        "737b65043d9f3c73a437f259020fa36f4d365caaa5be57ba64e2da38fd9daaa2");
}

}  // namespace muniment
