// What a member does against the others with its own keys, and what they keep.
#include <doctest/doctest.h>

#include "tests/vault/partner_vaults.hpp"
#include "vault/anchor.hpp"
#include "vault/anchors.hpp"
#include "vault/consortium/fork.hpp"
#include "vault/rebuild.hpp"

namespace muniment {
namespace {

using test::PartnerVault;
using test::PartnerVaults;

TEST_CASE("hostile partner: a grant that does not open keeps nobody from unlocking") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& hostile = partners[0];
  PartnerVault& victim = partners[1];
  hostile.append_bad_grant(victim);
  victim.accept(hostile.text_for("bbc"));
  Vault vault = victim.open();
  CHECK(vault.collections().empty());
  CHECK(PartnerVault::contains(vault.status().todo,
                               "a grant to this device does not hold the keys that it says"));
  const std::vector<std::string> audit = Partners(vault).audit();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].find("(spiegel/desk): the envelope does not open") != std::string::npos);
}

TEST_CASE(
    "hostile partner: a ledger with two histories is frozen, proved and told; the rest goes on") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& hostile = partners[0];
  PartnerVault& bbc = partners[1];
  PartnerVault& lemonde = partners[2];
  // One history for each of the others.
  const test::fs::path copy = partners.directory.path() / "copy";
  test::fs::copy(hostile.path, copy, test::fs::copy_options::recursive);
  const auto say = [&](std::string_view what) {
    hostile.append(hostile.ledger(), {"muniment/test/v1\n" + std::string(what) + "\n"});
    return hostile.text_for("bbc");
  };
  bbc.accept(say("yes"));
  test::fs::remove_all(hostile.path);
  test::fs::copy(copy, hostile.path, test::fs::copy_options::recursive);
  lemonde.accept(say("no"));
  {
    // That lemonde has news of its own must not be lost over it.
    Vault vault = lemonde.open();
    lemonde.append(lemonde.ledger(), {"muniment/test/v1\nnews\n"});
  }

  const AcceptReport report = bbc.accept(lemonde.text_for("bbc"));
  CHECK(report.entries == 1);
  REQUIRE(report.damage.size() == 1);
  const std::string id = hostile.ledger().id().hex();
  CHECK(report.damage[0].find("ledger " + id + ": device spiegel/desk signed two histories") == 0);
  CHECK(bbc.has_todo("device spiegel/desk signed two histories"));
  {
    Vault vault = bbc.open_locked();
    CHECK(PartnerVault::contains(vault.status().todo, "signed two histories"));
  }
  // Whoever has nothing but the file can check it.
  const auto file = read_file(*bbc.files, bbc.path / "forks" / id, 65535);
  REQUIRE(file);
  const auto proof = decode_fork_entry(as_text(*file));
  REQUIRE(proof);
  CHECK(is_proof(*proof));
  CHECK(proof->fork.name == hostile.ledger());

  // Partners hear of it from the ledger of who saw it, and nobody takes more of that one.
  const AcceptReport heard = lemonde.accept(report.reply);
  CHECK(lemonde.has_todo("device spiegel/desk signed two histories"));
  CHECK(heard.entries > 0);
  CHECK(bbc.accept(say("more")).entries == 0);
  CHECK(lemonde.accept(say("and more")).entries == 0);
}

TEST_CASE("hostile partner: a ledger with two histories keeps nobody from recovering a device") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& hostile = partners[0];
  PartnerVault& bbc = partners[1];
  PartnerVault& lemonde = partners[2];
  const auto seed = RecoverySeed::generate(lemonde.random);
  {
    Vault vault = lemonde.open();
    static_cast<void>(vault.replace_recovery(test::vault_key(), seed, lemonde.activity));
  }
  for (PartnerVault* partner : {&hostile, &bbc}) partner->accept(lemonde.text_for(partner->name));
  const test::fs::path copy = partners.directory.path() / "copy";
  test::fs::copy(hostile.path, copy, test::fs::copy_options::recursive);
  const auto say = [&](std::string_view what) {
    hostile.append(hostile.ledger(), {"muniment/test/v1\n" + std::string(what) + "\n"});
    return hostile.text_for("lemonde");
  };
  bbc.accept(say("yes"));
  test::fs::remove_all(hostile.path);
  test::fs::copy(copy, hostile.path, test::fs::copy_options::recursive);

  RebuildOptions options;
  options.directory = partners.directory.path() / "rebuilt";
  options.device = "second";
  options.texts = {bbc.text_for("lemonde"), say("no")};
  const RebuiltVault rebuilt =
      rebuild_vault(options, seed, test::vault_key(), lemonde.environment());
  CHECK(rebuilt.member == "lemonde");
  CHECK(PartnerVault::contains(rebuilt.granted, "consortium"));
  REQUIRE(rebuilt.damage.size() == 1);
  const std::string id = hostile.ledger().id().hex();
  CHECK(rebuilt.damage[0].find("ledger " + id) == 0);
  CHECK(test::fs::exists(options.directory / "forks" / id));
  CHECK(bbc.accept(rebuilt.text).damage.empty());
}

// Charter 2 with one member, the founder, as whoever has the founder's first key can make at any
// time.
std::string rival_charter(PartnerVault& founder) {
  const UnlockedKeyring keys = founder.keys();
  const ApprovedCharter first = founder.consortium().charters().front();
  Charter rival = first.charter;
  rival.number = 2;
  rival.previous = sha256(as_bytes(first.text));
  ++rival.created;
  const std::string text = encode(rival);
  return encode(CharterEntry{
      text,
      {approve(*keys.reading->keys.authority, founder.member(), approval_namespace::charter, text)},
      to_bytes("sealed")});
}

TEST_CASE(
    "hostile partner: the founder's first key cannot put everybody back to the first charter") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& founder = partners[0];
  PartnerVault& bbc = partners[1];
  founder.append(founder.ledger(), {rival_charter(founder)});
  const AcceptReport report = bbc.accept(founder.text_for("bbc"));
  CHECK(PartnerVault::contains(report.damage,
                               "charter 2: two texts of this number were approved; "
                               "the one that was adopted here first"));
  CHECK(bbc.charter().number == 3);
  CHECK(bbc.has_todo("charter 2: two texts of this number were approved"));
  CHECK(test::fs::directory_iterator(bbc.path / "forks")
            ->path()
            .filename()
            .native()
            .starts_with("charter-2-"));
  // Said once; and everything goes on.
  CHECK(bbc.accept(founder.text_for("bbc")).damage.empty());
  partners[2].accept(bbc.text_for("lemonde"));

  // Who joins by a text of theirs follows theirs.
  partners.add("taz");
  const std::vector<std::size_t> by{1, 2};
  partners.join(3, Roles::all(), by);
  CHECK(partners[3].charter().number == 4);
  CHECK(partners[3].has_todo("charter 2: two texts of this number were approved"));
}

TEST_CASE(
    "partners: a charter that was in force here and is lost is damage, and no other follows") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  std::vector<CharterRef> adopted = bbc.consortium().charter_refs();
  adopted.push_back({3, sha256(as_bytes("lost"))});
  save_adopted(*bbc.files, bbc.path, bbc.identity().consortium, adopted);
  Vault vault = bbc.open();
  const VerifyReport report = vault.verify(VerifyDepth::presence, bbc.activity);
  REQUIRE(report.damage.size() == 1);
  CHECK(report.damage[0].object == "charter 3");
}

TEST_CASE("partners: the list of adopted charters is damaged, which is said, and made again") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  test::flip_bit(bbc.path / "charters", 150);
  {
    Vault vault = bbc.open();
    const VerifyReport report = vault.verify(VerifyDepth::presence, bbc.activity);
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].object == "the file 'charters'");
    CHECK(vault.repair(bbc.activity).damage.empty());
  }
  CHECK(find_adopted(*bbc.files, bbc.path, bbc.identity().consortium).charters.size() == 2);
}

TEST_CASE("partners: a ledger that is damaged here is put back from a text, with all that is new") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  spiegel.append(spiegel.ledger(), {"muniment/test/v1\nnews\n"});
  const std::string id = partners[2].ledger().id().hex();
  const test::fs::path damaged = bbc.path / "ledgers" / id;
  for (const char* tail : {"tail", "tail.2"}) {
    test::flip_bit(damaged / tail, test::fs::file_size(damaged / tail) - 3);
  }
  const AcceptReport report = bbc.accept(spiegel.text_for("bbc"));
  CHECK(report.entries == 1);
  CHECK(report.damage.empty());
  CHECK(PartnerVault::contains(report.news, "ledger " + id + ": it was damaged here"));
  Vault vault = bbc.open();
  CHECK(vault.verify(VerifyDepth::presence, bbc.activity).damage.empty());
}

TEST_CASE("partners: a ledger that is put back from a text keeps its anchors") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& bbc = partners[1];
  {
    Vault vault = bbc.open_locked();
    CHECK_FALSE(
        Anchors(vault).request(partners.directory.path() / "asked", true, bbc.activity).empty());
  }
  const LedgerId id = partners[2].ledger().id();
  const auto anchors = [&] { return list_anchors(*bbc.files, bbc.path / "ledgers", id); };
  REQUIRE(anchors().size() == 1);
  const test::fs::path damaged = bbc.path / "ledgers" / id.hex();
  for (const char* tail : {"tail", "tail.2"}) {
    test::flip_bit(damaged / tail, test::fs::file_size(damaged / tail) - 3);
  }
  const AcceptReport report = bbc.accept(partners[0].text_for("bbc"));
  CHECK(PartnerVault::contains(report.news, "ledger " + id.hex() + ": it was damaged here"));
  CHECK(anchors().size() == 1);
  Vault vault = bbc.open();
  CHECK(vault.verify(VerifyDepth::presence, bbc.activity).damage.empty());
}

}  // namespace
}  // namespace muniment
