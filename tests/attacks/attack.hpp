// The attack suite: what somebody with root on a machine, or a partner with its own keys, tries
// against a vault, and what of it shows. Each attack is carried out, and README.md beside this file
// is made from the same table.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "vault/base/error.hpp"
#include "vault/consortium/refusal.hpp"

namespace muniment::test {

// Who says what: an error's code, a refusal, or one of the words below; nothing where it does not
// show.
struct Shown {
  std::string at_once;       // to whoever has the vault, the log or the text
  std::string to_witness{};  // to a partner who saw the log before

  friend bool operator==(const Shown&, const Shown&) = default;
};

namespace seen {
inline constexpr const char* no_effect = "no effect";  // nothing is lost, so nobody has to say it
inline constexpr const char* healed = "healed";        // named, read past, and mended by repair
inline constexpr const char* refused = "refused";      // no decoder or verifier takes it
inline constexpr const char* named = "named";          // the work goes on, and it is told
inline constexpr const char* fork = "fork";            // proved, told, and the ledger is frozen
inline constexpr const char* rollback = "rollback";    // less than what was vouched for
}  // namespace seen

[[nodiscard]] std::string shown_as(ErrorCode code);
[[nodiscard]] std::string shown_as(Refusal refusal);
// What `act` throws; empty if it does not.
template <class Act>
[[nodiscard]] std::string shown_by(Act&& act) {
  try {
    act();
    return {};
  } catch (const Error& error) {
    return shown_as(error.code());
  }
}
// For what is taken or refused, without a word in between.
[[nodiscard]] std::string refused_unless(bool taken);

struct Attack {
  std::string_view name;
  std::string_view what;  // one sentence: what is done, and what it meets
  Shown expected;
  Shown (*carry_out)();
};

struct AttackGroup {
  std::string_view title;
  std::string_view attacker;  // one sentence: who it is, and what they have
  std::vector<Attack> attacks;
};

[[nodiscard]] AttackGroup access_log_attacks();
[[nodiscard]] AttackGroup ledger_attacks();
[[nodiscard]] AttackGroup vault_attacks();
[[nodiscard]] AttackGroup text_attacks();
[[nodiscard]] AttackGroup charter_attacks();
[[nodiscard]] AttackGroup partner_attacks();

// README.md.
[[nodiscard]] std::string describe(const std::vector<AttackGroup>& groups);

}  // namespace muniment::test
