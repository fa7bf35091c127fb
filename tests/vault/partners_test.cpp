#include "vault/partners.hpp"

#include <doctest/doctest.h>

#include "tests/support/faulty_file_system.hpp"
#include "tests/vault/partner_vaults.hpp"

namespace muniment {
namespace {

using test::PartnerVault;
using test::PartnerVaults;
using test::SampleVault;

bool has_todo(Vault& vault, std::string_view words) {
  const std::vector<std::string> todo = vault.status().todo;
  return std::ranges::any_of(
      todo, [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

TEST_CASE("partners: an expiring charter is spoken of, and one that has expired not extended") {
  SampleVault sample;
  Vault vault = sample.open();
  CHECK_FALSE(has_todo(vault, "charter"));
  CharterChange later;
  sample.clock.set(sample.clock.now() + first_charter_lifetime - 30 * 86400);
  later.expires = sample.clock.now() + first_charter_lifetime;
  CHECK(has_todo(vault, "charter 1 expires in 30 days"));
  CHECK_FALSE(Partners(vault).propose(later, sample.activity).empty());

  sample.clock.set(sample.clock.now() + 31 * 86400);
  CHECK(has_todo(vault, "charter 1 has expired, and cannot be extended"));
  const auto error =
      test::error_of([&] { static_cast<void>(Partners(vault).propose(later, sample.activity)); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
  CHECK(std::string_view(error->what()) == "charter 2: the charter before it had expired");
  CHECK(error->hint().find("cannot be extended") != std::string::npos);
}

CharterChange later_end(const PartnerVault& partner) {
  CharterChange change;
  change.expires = partner.clock.now() + first_charter_lifetime + 1;
  return change;
}

TEST_CASE("partners: whoever approves or adopts a charter looks at its own clock") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  const std::string proposal = partners.propose(0, later_end(partners[0]));
  const UnixSeconds now = bbc.clock.now();
  std::string approved;
  {
    Vault vault = bbc.open();
    approved = Partners(vault).approve(proposal, std::nullopt);
    bbc.clock.set(now + first_charter_lifetime + 1);
    const auto error =
        test::error_of([&] { static_cast<void>(Partners(vault).approve(proposal, std::nullopt)); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::denied);
    CHECK(std::string_view(error->what()) == "charter 3: the charter before it had expired");
  }
  const auto late = test::error_of([&] { static_cast<void>(bbc.accept(approved)); });
  REQUIRE(late);
  CHECK(late->code() == ErrorCode::denied);
  bbc.clock.set(now);
  CHECK(bbc.charter().number == 2);
  bbc.accept(approved);
  CHECK(bbc.charter().number == 3);
}

TEST_CASE("partners: grants by several custodians together are refused when they are proposed") {
  PartnerVaults partners{"spiegel", "bbc"};
  CharterChange change;
  change.grant_threshold = 2;
  const auto error = test::error_of([&] { static_cast<void>(partners.propose(0, change)); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::usage);
}

TEST_CASE("partners: a charter that would change nothing is not proposed") {
  PartnerVaults partners{"spiegel", "bbc"};
  const auto error = test::error_of([&] { static_cast<void>(partners.propose(0, {})); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::usage);
}

TEST_CASE("partners: two texts of one number are approved only where one is given up") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  const std::string first = partners.propose(0, later_end(spiegel));
  spiegel.clock.advance(1);
  const std::string second = partners.propose(0, later_end(spiegel));
  CHECK(PartnerVault::contains(spiegel.activity.texts(), "another text of charter 3 was approved"));

  Vault vault = partners[1].open();
  Partners bbc(vault);
  static_cast<void>(bbc.approve(first, std::nullopt));
  static_cast<void>(bbc.approve(first, std::nullopt));  // the same once more harms nobody
  const auto error = test::error_of([&] { static_cast<void>(bbc.approve(second, std::nullopt)); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
  CHECK(error->hint().find("--instead") != std::string::npos);
  CHECK(bbc.proposal(bbc.approve(second, std::nullopt, true)).missing.empty());
}

TEST_CASE("partners: of two approved charters of one number people choose the one that counts") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& lemonde = partners[2];
  // Two members adopt before they hear of each other; the third approved both.
  const auto adopt = [&](std::size_t by, const CharterChange& change) {
    const std::string proposal = partners.propose(by, change);
    std::string approved;
    {
      Vault vault = lemonde.open();
      approved = Partners(vault).approve(proposal, std::nullopt, true);
    }
    partners[by].accept(approved);
    CHECK(partners[by].charter().number == 4);
  };
  CharterChange change = later_end(partners[0]);
  adopt(0, change);
  *change.expires += 60;
  adopt(1, change);

  const std::vector<std::string> texts{partners[0].text_for("lemonde"),
                                       partners[1].text_for("lemonde")};
  lemonde.accept(texts);
  CHECK(lemonde.charter().number == 3);
  CHECK(lemonde.has_todo("muniment charter choose"));

  Vault vault = lemonde.open();
  Partners own(vault);
  const std::vector<RivalCharter> rivals = own.rivals();
  REQUIRE(rivals.size() == 2);
  CHECK(rivals[0].members == std::vector<std::string>{"bbc", "lemonde", "spiegel"});
  const auto by_bbc = std::ranges::find(rivals, std::vector<std::string>{"bbc", "lemonde"},
                                        &RivalCharter::approved_by);
  REQUIRE(by_bbc != rivals.end());
  CHECK(test::error_of([&] { static_cast<void>(own.choose("0123", lemonde.activity)); })->code() ==
        ErrorCode::not_found);
  const std::string text = own.choose(by_bbc->digest.hex().substr(0, 8), lemonde.activity);
  CHECK(own.charter().number == 4);
  CHECK(own.charter().expires == *change.expires);
  CHECK(own.rivals().front().digest == by_bbc->digest);
  // It is that of bbc, and of spiegel's it is proved that there are two.
  CHECK_FALSE(PartnerVault::contains(partners[1].accept(text).damage, "follows another one"));
  CHECK(PartnerVault::contains(partners[0].accept(text).damage, "follows another one"));
  // spiegel had adopted its own, and may agree as well.
  Vault other = partners[0].open();
  Partners spiegel(other);
  const std::vector<RivalCharter> both = spiegel.rivals();
  REQUIRE(both.size() == 2);
  CHECK(both[0].in_force);
  CHECK(both[1].digest == by_bbc->digest);
  static_cast<void>(spiegel.choose(both[1].digest.hex(), partners[0].activity));
  CHECK(spiegel.charter().expires == *change.expires);
}

TEST_CASE("partners: an approval that is not what it says is left out of the charter") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  const std::string proposal = partners.propose(0, later_end(partners[0]));
  Exchange forged = *decode_exchange(proposal);
  const MemberId bbc = partners[1].member();
  const UnlockedKeyring keys = partners[0].keys();
  // spiegel, in the name of bbc.
  forged.proposal->approvals = {approve(*keys.reading->keys.authority, bbc,
                                        approval_namespace::charter, forged.proposal->text)};
  std::vector<std::string> texts{encode(forged), proposal};
  {
    Vault vault = partners[2].open();
    texts.push_back(Partners(vault).approve(proposal, std::nullopt));
  }
  const AcceptReport report = partners[0].accept(texts);
  CHECK(PartnerVault::contains(report.news, "an approval by bbc was left out"));
  CHECK(PartnerVault::contains(report.news, "charter 4 is in force, with 3 members"));
  CHECK(partners[0].charter().number == 4);
}

TEST_CASE("partners: of every device that was recovered its own name is told") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  const auto recover = [&](std::size_t who) {
    PartnerVault& partner = partners[who];
    partner.append(partner.ledger(),
                   {encode(RecoveredEntry{partner.identity().consortium, partner.member(),
                                          partner.identity().device, 1})});
    return partners[0].accept(partner.text_for("spiegel")).news;
  };
  for (const std::size_t who : {1U, 2U}) {
    const std::vector<std::string> news = recover(who);
    CHECK(PartnerVault::contains(news, "device desk of " + partners[who].name + " was recovered"));
    CHECK(std::ranges::count_if(news, [](const std::string& line) {
            return line.find("was recovered") != std::string::npos;
          }) == 1);
  }
}

TEST_CASE("partners: who is invited sees the words of who invites, and takes in nothing else") {
  PartnerVaults partners{"spiegel"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners.add("bbc");
  PartnerVault stranger(partners.directory.path(), "stranger", 7);
  CharterChange change;
  {
    Vault vault = bbc.open();
    change.add.push_back(*decode_card(Partners(vault).card()));
  }
  change.added_roles = Roles::all();
  const std::string invitation = partners.propose(0, change);
  const AcceptReport answer = bbc.accept(invitation);
  CHECK(answer.fingerprint == fingerprint_words(*decode_exchange(invitation)));
  Exchange other = *decode_exchange(invitation);
  other.charters.front().digest = {};
  CHECK(fingerprint_words(other) != answer.fingerprint);

  Exchange welcome = *decode_exchange(spiegel.accept(answer.reply).reply);
  const Exchange foreign = *decode_exchange(stranger.text_for("stranger"));
  welcome.ledgers.push_back(foreign.ledgers.front());
  std::ranges::sort(welcome.ledgers, {}, &LedgerCopy::name);
  CHECK(bbc.accept(encode(welcome)).joins);
  CHECK_FALSE(test::fs::exists(bbc.path / "ledgers" / foreign.ledgers.front().name.id().hex()));
  CHECK(bbc.charter().number == 2);
}

TEST_CASE(
    "partners: a member's key is replaced by a charter, and the old one vouches for nothing") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& bbc = partners[1];
  CharterChange change;
  {
    Vault vault = bbc.open();
    const std::string line = vault.new_authority(bbc.activity);
    CHECK(vault.new_authority(bbc.activity) == line);
    change.keys["bbc"] = {*decode_authorized_key(line)};
    // Until a charter lists it, the old one counts.
    vault.create_collection("before", bbc.activity);
  }
  partners[0].accept(bbc.text_for("spiegel"));
  partners.adopt(partners.propose(0, change), {2});
  CHECK(bbc.charter().number == 4);
  {
    Vault vault = bbc.open();
    vault.create_collection("after", bbc.activity);
    CHECK(vault.collections().size() == 2);
    static_cast<void>(
        Partners(vault).grant({"after", "spiegel", "", Rights::read, true}, bbc.activity));
  }
  CHECK(partners[0].accept(bbc.text_for("spiegel")).damage.empty());
  {
    Vault vault = partners[0].open();
    CHECK(Partners(vault).audit().empty());
    CHECK(vault.collections().size() == 1);
  }
  // Who has only the old one approves nothing any more.
  test::fs::remove(bbc.path / "authority");
  const auto error = test::error_of([&] {
    Vault vault = bbc.open();
    static_cast<void>(
        Partners(vault).grant({"after", "lemonde", "", Rights::read, true}, bbc.activity));
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
}

TEST_CASE("partners: a revocation that was cut off anywhere is finished by the same command") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  const test::fs::path folder = partners.directory.path() / "folder";
  test::write_all(folder, {{"letter", "text"}});
  const std::vector<test::fs::path> paths{folder};
  {
    Vault vault = spiegel.open();
    vault.create_collection("letters", spiegel.activity);
    static_cast<void>(
        Partners(vault).grant({"letters", "bbc", "", Rights::read, true}, spiegel.activity));
    static_cast<void>(vault.ingest("letters", paths, {}, spiegel.activity));
  }
  const test::fs::path saved = partners.directory.path() / "saved";
  test::fs::copy(spiegel.path, saved, test::fs::copy_options::recursive);
  std::size_t between = 0;
  for (std::size_t n = 0;; ++n) {
    test::FaultyFileSystem faulty(*spiegel.files);
    faulty.set_fault(test::Fault{n, EIO, false, true});
    const auto error = test::error_of([&] {
      Vault vault = Vault::open(spiegel.path, {faulty, spiegel.clock, spiegel.random});
      vault.unlock(test::vault_key(), spiegel.activity);
      static_cast<void>(Partners(vault).revoke("bbc", "desk", spiegel.activity));
    });
    if (faulty.operations().size() <= n) break;
    CAPTURE(n);
    if (error) CHECK(error->code() == ErrorCode::io);
    {
      Vault vault = spiegel.open();
      const bool waits = has_todo(vault, "'muniment revoke' for them again");
      if (waits) ++between;
      const auto again = test::error_of([&] {
        const RevokeReport report = Partners(vault).revoke("bbc", "desk", spiegel.activity);
        CHECK(report.not_renewed.empty());
        if (waits) CHECK(report.renewed == std::vector<std::string>{"letters"});
        CHECK(report.devices.empty() == waits);
      });
      // It had come to its end.
      if (again) CHECK(again->code() == ErrorCode::not_found);
      if (again) CHECK_FALSE(waits);
      CHECK_FALSE(has_todo(vault, "'muniment revoke' for them again"));
      CHECK_FALSE(vault.ingest("letters", paths, {}, spiegel.activity).snapshot.empty());
      const std::vector<GrantInfo> grants = Partners(vault).grants("letters");
      CHECK(std::ranges::count(grants, true, &GrantInfo::present) == 1);
    }
    test::fs::remove_all(spiegel.path);
    test::fs::copy(saved, spiegel.path, test::fs::copy_options::recursive);
  }
  CHECK(between > 2);
}

// How long it takes: test_vault -d -tc='*hundred*'.
TEST_CASE("partners: one of a hundred and one devices is revoked, and a hundred remain") {
  PartnerVaults partners{"spiegel"};
  PartnerVault& spiegel = partners[0];
  std::vector<DeviceId> devices;
  for (int i = 0; i < 100; ++i) devices.push_back(spiegel.add_device());
  {
    Vault vault = spiegel.open();
    vault.create_collection("letters", spiegel.activity);
    static_cast<void>(
        Partners(vault).grant({"letters", "spiegel", "", Rights::read, true}, spiegel.activity));
  }
  spiegel.accept(spiegel.text_for("spiegel"));  // what the consortium calls itself is granted, too
  Vault vault = spiegel.open();
  const auto begun = std::chrono::steady_clock::now();
  const RevokeReport report = Partners(vault).revoke("spiegel", devices[7].hex(), spiegel.activity);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  MESSAGE("revoked in " << taken.count() << " s");
  CHECK(report.devices.size() == 1);
  CHECK(report.renewed.size() == 2);
  CHECK(report.not_renewed.empty());
  const std::vector<GrantInfo> grants = Partners(vault).grants("letters");
  CHECK(std::ranges::count(grants, true, &GrantInfo::present) == 100);
}

struct Restored {
  Restored() {
    const test::fs::path backup = partners.directory.path() / "backup";
    {
      Vault vault = bbc.open();
      vault.export_backup(test::vault_key(), backup, bbc.activity);
    }
    // What is shown to one partner after the backup was made.
    bbc.append(bbc.ledger(), {"muniment/test/v1\nafter the backup\n"});
    spiegel.accept(bbc.text_for("spiegel"));
    test::fs::remove_all(bbc.path);
    const RestoredBackup report = Vault::import_backup(
        bbc.path, backup, [](std::span<const SlotInfo>) { return test::vault_key(); },
        bbc.environment());
    CHECK(report.asks_partners);
  }

  [[nodiscard]] std::optional<Error> create() {
    return test::error_of([&] {
      Vault vault = bbc.open();
      static_cast<void>(vault.create_collection("letters", bbc.activity));
    });
  }

  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  PartnerVault& lemonde = partners[2];
};

TEST_CASE("partners: a new authority key that no charter lists yet is in a backup of the keys") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  const auto back_up = [&](const char* name) {
    Vault vault = bbc.open();
    static_cast<void>(
        vault.export_backup(test::vault_key(), partners.directory.path() / name, bbc.activity));
  };
  const auto key = [&] {
    Vault vault = bbc.open();
    return vault.new_authority(bbc.activity);
  };
  back_up("before");
  const std::string made = key();
  CHECK(bbc.has_todo("the new authority key is in no backup"));
  back_up("after");
  CHECK_FALSE(bbc.has_todo("the new authority key is in no backup"));
  test::fs::remove_all(bbc.path);
  static_cast<void>(Vault::import_backup(
      bbc.path, partners.directory.path() / "after",
      [](std::span<const SlotInfo>) { return test::vault_key(); }, bbc.environment()));
  CHECK(key() == made);
}

TEST_CASE("partners: a vault that was put back writes nothing before it heard from all of them") {
  Restored restored;
  auto& [partners, spiegel, bbc, lemonde] = restored;
  const auto error = restored.create();
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
  CHECK(error->hint().find("lemonde, spiegel") != std::string::npos);
  CHECK(bbc.has_todo("put back from a backup"));
  const AcceptReport first = bbc.accept(lemonde.text_for("bbc"));
  CHECK(first.entries == 0);
  CHECK(PartnerVault::contains(first.news, "the newest text of spiegel is still needed"));
  CHECK(restored.create());
  CHECK(bbc.accept(spiegel.text_for("bbc")).entries == 1);
  CHECK_FALSE(restored.create());
  CHECK_FALSE(bbc.has_todo("put back from a backup"));
  // One history.
  CHECK(spiegel.accept(bbc.text_for("spiegel")).damage.empty());
}

TEST_CASE("partners: a vault that was put back knows which charters were in force") {
  Restored restored;
  PartnerVault& bbc = restored.bbc;
  CHECK(find_adopted(*bbc.files, bbc.path, bbc.identity().consortium).charters.size() == 3);
}

TEST_CASE("partners: or before somebody says that none can have seen more") {
  Restored restored;
  auto& [partners, spiegel, bbc, lemonde] = restored;
  {
    Vault vault = bbc.open_locked();
    vault.resume(bbc.activity);
  }
  CHECK_FALSE(restored.create());
}

TEST_CASE("partners: what a partner writes for nothing is told, and is no damage") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  spiegel.append(spiegel.ledger(), {"muniment/charter/v1\nnonsense 1\n"});
  bbc.accept(spiegel.text_for("bbc"));
  Vault vault = bbc.open();
  const VerifyReport report = vault.verify(VerifyDepth::presence, bbc.activity);
  CHECK(report.damage.empty());
  REQUIRE(report.refused.size() == 1);
  CHECK(report.refused[0].cause == "gives no rights: not a text of its type");
  CHECK(PartnerVault::contains(vault.status().todo, "1 of the ledgers' entries give no rights"));
}

}  // namespace
}  // namespace muniment
