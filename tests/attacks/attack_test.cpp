#include "tests/attacks/attack.hpp"

#include "tests/support/golden.hpp"

namespace muniment {
namespace {

using test::AttackGroup;

void carry_out(const AttackGroup& group) {
  for (const test::Attack& attack : group.attacks) {
    INFO(attack.name);
    const test::Shown shown = attack.carry_out();
    CHECK(shown.at_once == attack.expected.at_once);
    CHECK(shown.to_witness == attack.expected.to_witness);
  }
}

}  // namespace

TEST_CASE("attacks: on the access log") {
  carry_out(test::access_log_attacks());
}
TEST_CASE("attacks: on a ledger") {
  carry_out(test::ledger_attacks());
}
TEST_CASE("attacks: on a vault's files") {
  carry_out(test::vault_attacks());
}
TEST_CASE("attacks: with texts, notes and proofs") {
  carry_out(test::text_attacks());
}
TEST_CASE("attacks: by charters, grants and certificates") {
  carry_out(test::charter_attacks());
}
TEST_CASE("attacks: by a partner") {
  carry_out(test::partner_attacks());
}

TEST_CASE("attacks: the page says what is carried out") {
  const std::string page =
      test::describe({test::access_log_attacks(), test::ledger_attacks(), test::vault_attacks(),
                      test::text_attacks(), test::charter_attacks(), test::partner_attacks()});
  CHECK(test::matches_golden("../attacks/README.md", as_bytes(page)));
}

}  // namespace muniment
