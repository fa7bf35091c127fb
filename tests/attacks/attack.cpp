#include "tests/attacks/attack.hpp"

namespace muniment::test {
namespace {

constexpr std::string_view introduction =
    R"(# The attack suite

What somebody with root on a machine, or a partner with its own keys, tries against a vault, and what of it shows. `test_attacks` carries out every one of them and compares; this page is made by it, and a test fails where it is not what was carried out (`MUNIMENT_UPDATE_GOLDEN=1 build/release/bin/test_attacks` writes it).

**When** is what to plan by. *At once*: whoever opens the vault, the log or the text is told. *With a witness*: the machine alone cannot tell, since all that it could compare with is on the same disk; a partner who vouched for an earlier state can, so such attacks reach back to the last cosignature and no further. *Never*: the program cannot tell, and says so here. *No effect*: nothing is lost, so nobody has to be told.

**Shown as** is the error's code (`damaged` is exit status 13, `denied` 14, `io` 1, `wrong_key` 12), the reason for which a text gives no rights, or: *healed*, named and mended by `repair`; *named*, told while the work goes on; *refused*, taken by no decoder; *fork*, proved to everybody, and the ledger frozen; *rollback*, less than what was vouched for.

Cases of other projects are run where their modules are tested: Ed25519 edge cases (C2SP CCTV, Wycheproof), age files with hostile headers (CCTV), X-Wing, HKDF, SLIP-39, SSHSIG, tiles and proofs (Tessera, transparency-dev). What a stranger can do to `munimentd` stands in `tests/sync`, what a crash can do in `tests/crash`, and turned bits of every stored file in `tests/vault/bit_flip_test.cpp`.

No program can show that a screen was photographed, that a released key was kept, or that somebody with the keys read with other software.
)";

std::string_view when(const Shown& shown) {
  if (shown.at_once == seen::no_effect) return "no effect";
  if (!shown.at_once.empty()) return "at once";
  return shown.to_witness.empty() ? "**never**" : "with a witness";
}

std::string how(const Shown& shown) {
  std::string text;
  if (!shown.at_once.empty() && shown.at_once != seen::no_effect) text = shown.at_once;
  if (!shown.to_witness.empty()) {
    if (!text.empty()) text += "; ";
    text += "witness: " + shown.to_witness;
  }
  return text.empty() ? "—" : text;
}

}  // namespace

std::string shown_as(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::no_vault:
      return "no_vault";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::exists:
      return "exists";
    case ErrorCode::wrong_key:
      return "wrong_key";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::damaged:
      return "damaged";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::limit:
      return "limit";
    case ErrorCode::io:
      return "io";
    case ErrorCode::interrupted:
      return "interrupted";
  }
  return {};
}

std::string shown_as(Refusal refusal) {
  return std::string(to_text(refusal));
}

std::string refused_unless(bool taken) {
  return taken ? "" : seen::refused;
}

std::string describe(const std::vector<AttackGroup>& groups) {
  std::string text(introduction);
  for (const AttackGroup& group : groups) {
    text += "\n## " + std::string(group.title) + "\n\n" + std::string(group.attacker) + "\n\n";
    text += "| attack | what happens | when | shown as |\n|---|---|---|---|\n";
    for (const Attack& attack : group.attacks) {
      text += "| " + std::string(attack.name) + " | " + std::string(attack.what) + " | " +
              std::string(when(attack.expected)) + " | " + how(attack.expected) + " |\n";
    }
  }
  return text;
}

}  // namespace muniment::test
