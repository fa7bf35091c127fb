#include "tests/attacks/attack.hpp"
#include "tests/vault/partner_vaults.hpp"
#include "vault/consortium/fork.hpp"

namespace muniment::test {
namespace {

constexpr std::string_view two_histories = "signed two histories";

std::string named_if(bool told) {
  return told ? seen::named : "";
}

// A device that tells one partner this and another that.
struct TwoFaced {
  TwoFaced() {
    const fs::path copy = partners.directory.path() / "copy";
    fs::copy(hostile.path, copy, fs::copy_options::recursive);
    tell(bbc, "yes");
    fs::remove_all(hostile.path);
    fs::copy(copy, hostile.path, fs::copy_options::recursive);
    tell(lemonde, "no");
  }

  void tell(PartnerVault& to, std::string_view what) {
    hostile.append(hostile.ledger(), {"muniment/test/v1\n" + std::string(what) + "\n"});
    REQUIRE(to.accept(hostile.text_for(to.name)).damage.empty());
  }

  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& hostile = partners[0];
  PartnerVault& bbc = partners[1];
  PartnerVault& lemonde = partners[2];
};

Shown two_histories_told() {
  TwoFaced two;
  Shown shown{named_if(two.bbc.has_todo(two_histories) || two.lemonde.has_todo(two_histories))};
  // The two of them exchange texts.
  two.bbc.accept(two.lemonde.text_for("bbc"));
  const auto file =
      read_file(*two.bbc.files, two.bbc.path / "forks" / two.hostile.ledger().id().hex(),
                limits::ledger_entry_bytes_max);
  const auto proof = file ? decode_fork_entry(as_text(*file)) : std::nullopt;
  if (proof && is_proof(*proof) && two.bbc.has_todo(two_histories)) shown.to_witness = seen::fork;
  return shown;
}

Shown third_history_after_a_fork() {
  TwoFaced two;
  two.bbc.accept(two.lemonde.text_for("bbc"));
  two.hostile.append(two.hostile.ledger(), {"muniment/test/v1\nmore\n"});
  const AcceptReport report = two.bbc.accept(two.hostile.text_for("bbc"));
  return {refused_unless(report.entries > 0)};
}

Shown old_text_again() {
  PartnerVaults partners{"spiegel", "bbc"};
  const std::string old = partners[0].text_for("bbc");
  partners[0].append(partners[0].ledger(), {"muniment/test/v1\nnews\n"});
  CHECK(partners[1].accept(partners[0].text_for("bbc")).entries == 1);
  const AcceptReport report = partners[1].accept(old);
  return {report.entries == 0 && report.damage.empty() ? seen::no_effect : ""};
}

Shown news_withheld() {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  CHECK_FALSE(bbc.has_todo("expire"));
  bbc.clock.set(bbc.consortium().charter().expires - 1);
  return {named_if(bbc.has_todo("expire"))};
}

// The first's vault as it was before a partner heard news of it.
struct PutBack {
  PutBack() {
    const fs::path copy = partners.directory.path() / "copy";
    fs::copy(spiegel.path, copy, fs::copy_options::recursive);
    spiegel.append(spiegel.ledger(), {"muniment/test/v1\nnews\n"});
    bbc.accept(spiegel.text_for("bbc"));
    fs::remove_all(spiegel.path);
    fs::copy(copy, spiegel.path, fs::copy_options::recursive);
  }

  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
};

Shown whole_vault_put_back() {
  PutBack old;
  const AcceptReport report = old.spiegel.accept(old.bbc.text_for("spiegel"));
  // It has its own entries back from who had them.
  return {{}, report.entries == 1 && report.damage.empty() ? seen::rollback : ""};
}

Shown whole_vault_put_back_and_used() {
  PutBack old;
  old.spiegel.append(old.spiegel.ledger(), {"muniment/test/v1\nother news\n"});
  old.bbc.accept(old.spiegel.text_for("bbc"));
  return {{}, old.bbc.has_todo(two_histories) ? seen::fork : ""};
}

Shown grant_of_nothing() {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& hostile = partners[0];
  hostile.append_bad_grant(partners[1]);
  partners[1].accept(hostile.text_for("bbc"));
  return {named_if(partners[1].has_todo("does not hold the keys that it says"))};
}

Shown text_that_unpacks_to_too_much() {
  PartnerVaults partners{"spiegel", "bbc"};
  const std::string text = "-----BEGIN MUNIMENT EXCHANGE-----\n" +
                           std::string(exchange_text_bytes_max + 1, 'A') +
                           "\n-----END MUNIMENT EXCHANGE-----\n";
  const std::string shown = shown_by([&] { partners[1].accept(text); });
  return {shown};
}

Shown text_of_another_consortium() {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVaults others({"taz", "lemonde"}, Roles::all(), 50);
  return {shown_by([&] { partners[1].accept(others[0].text_for("lemonde")); })};
}

// Somebody between the two hands on an invitation of their own.
Shown invitation_exchanged() {
  PartnerVaults partners{"spiegel"};
  PartnerVaults impostor({"spiegel"}, Roles::all(), 50);
  PartnerVault& bbc = partners.add("bbc");
  std::string card;
  {
    Vault vault = bbc.open();
    card = Partners(vault).card();
  }
  CharterChange change;
  change.add.push_back(*decode_card(card));
  const std::string honest = fingerprint_words(*decode_exchange(partners.propose(0, change)));
  const std::string told = bbc.accept(impostor.propose(0, change)).fingerprint;
  return {refused_unless(!told.empty() && told == honest)};
}

}  // namespace

AttackGroup partner_attacks() {
  return {"By a partner",
          "A member that was turned, with its own keys and a program of its own; or somebody who "
          "stands between two members.",
          {
              {"two histories told to two partners",
               "each of the two is whole; the proof is there as soon as the two exchange texts",
               {{}, seen::fork},
               two_histories_told},
              {"more entries after a fork was proved",
               "nothing more is taken of a frozen ledger",
               {seen::refused},
               third_history_after_a_fork},
              {"an old text handed over again",
               "what is known already is not less now",
               {seen::no_effect},
               old_text_again},
              {"news withheld",
               "charters expire, and `status` says so before",
               {seen::named},
               news_withheld},
              {"a whole old vault put back",
               "nothing here knows of more; with a partner's text the entries come back",
               {{}, seen::rollback},
               whole_vault_put_back},
              {"a whole old vault put back, and used",
               "partners have another entry in its place",
               {{}, seen::fork},
               whole_vault_put_back_and_used},
              {"a grant whose envelope is none",
               "`grants --audit` and `status` name it; nothing else "
               "closes",
               {seen::named},
               grant_of_nothing},
              {"a text that is too long",
               "it is refused before it is unpacked",
               {shown_as(ErrorCode::damaged)},
               text_that_unpacks_to_too_much},
              {"a text of another consortium",
               "its ledgers say so",
               {shown_as(ErrorCode::denied)},
               text_of_another_consortium},
              {"an invitation exchanged on the way",
               "the eight words to compare are others",
               {seen::refused},
               invitation_exchanged},
          }};
}

}  // namespace muniment::test
