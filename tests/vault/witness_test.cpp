// Devices that vouch for each other's logs by files, and what a device that lies finds.
#include <doctest/doctest.h>

#include "tests/vault/partner_vaults.hpp"
#include "vault/access_logs.hpp"
#include "vault/forks.hpp"
#include "vault/replication.hpp"
#include "vault/witness_memory.hpp"
#include "vault/witnessing.hpp"

namespace muniment {
namespace {

using test::error_of;
using test::PartnerVault;
using test::PartnerVaults;
namespace fs = test::fs;

WitnessRequestReport request(PartnerVault& member) {
  Vault vault = member.open();
  return Witnessing(vault).request(member.activity);
}

WitnessSignReport sign(PartnerVault& member, const std::string& text) {
  Vault vault = member.open();
  return Witnessing(vault).sign(text, member.activity);
}

WitnessImportReport import(PartnerVault& member, const std::string& text) {
  Vault vault = member.open();
  return Witnessing(vault).import(text, member.activity);
}

std::vector<WitnessVerdict> verdicts(const std::vector<WitnessNews>& logs) {
  std::vector<WitnessVerdict> result;
  for (const WitnessNews& log : logs) result.push_back(log.verdict);
  return result;
}

WitnessReply reply_in(const std::string& text) {
  return *decode_witness_reply(*dearmor_record(text));
}

// What the access log of the member says of cosignatures, oldest first.
std::vector<std::string> acts_of_witness(PartnerVault& member) {
  Vault vault = member.open();
  std::vector<std::string> lines;
  static_cast<void>(vault.read_access_log(
      [&](const AccessInfo& info) {
        if (info.record.act == access_act::cosign) {
          lines.push_back(info.record.detail + ": " + std::string(to_text(*info.record.outcome)));
        }
        return true;
      },
      member.activity));
  return lines;
}

// A ledger's newest checkpoint, asked of `to` with what the ledger here was when it had `old`
// entries: what a program that lies can ask.
std::string ask(PartnerVault& member, const LedgerName& name, std::uint64_t old,
                const DeviceId& to) {
  const auto ledger = Ledger::find(*member.files, member.path / "ledgers", name,
                                   verify_key(member.keys().service->keys.log));
  WitnessAsk asked{old, {}, ledger->checkpoint(), {}, {to}};
  if (old > 0) {
    asked.proof = consistency_proof(old, ledger->size(), ledger->nodes());
    asked.old_root = merkle_root(old, ledger->nodes());
  }
  return armor_record(encode(WitnessRequest{name.consortium, name.device, {asked}, {}}));
}

std::uint64_t size_of(PartnerVault& member, const LedgerName& name) {
  return Ledger::find(*member.files, member.path / "ledgers", name,
                      verify_key(member.keys().service->keys.log))
      ->size();
}

// Of another's ledger, as it is here.
std::uint64_t size_of(PartnerVault& member, PartnerVault& writer, const LedgerName& name) {
  return Ledger::find(*member.files, member.path / "ledgers", name,
                      verify_key(writer.keys().service->keys.log))
      ->size();
}

void say(PartnerVault& member, std::string_view what) {
  member.append(member.ledger(), {"muniment/test/v1\n" + std::string(what) + "\n"});
}

// The vault as it was when this was made, once more.
class Twin {
 public:
  Twin(PartnerVaults& partners, PartnerVault& member)
      : x_member(member), x_copy(partners.directory.path() / "twin") {
    fs::remove_all(x_copy);
    fs::copy(member.path, x_copy, fs::copy_options::recursive);
  }
  void put_back() const {
    fs::remove_all(x_member.path);
    fs::copy(x_copy, x_member.path, fs::copy_options::recursive);
  }

 private:
  PartnerVault& x_member;
  fs::path x_copy;
};

// The proof in forks/ that anybody can check who has nothing else.
bool has_proof(PartnerVault& member, const LedgerName& name) {
  const auto bytes = read_file(*member.files, member.path / "forks" / name.id().hex(), 65535);
  const auto proof = bytes ? decode_fork_entry(as_text(*bytes)) : std::nullopt;
  return proof && is_proof(*proof) && proof->fork.name == name;
}

// Takes in the other's ledgers, and signs them as sync and bundles do.
std::vector<LedgerName> hold(PartnerVault& member, PartnerVault& other) {
  member.accept(other.text_for(member.name));
  Vault vault = member.open();
  return Replication(vault).cosign_held();
}

void back_up(PartnerVault& member, const fs::path& file) {
  Vault vault = member.open_locked();
  static_cast<void>(vault.export_backup(test::vault_key(), file, member.activity));
}

RestoredBackup import_backup(PartnerVault& member, const fs::path& file) {
  return Vault::import_backup(
      member.path, file, [](std::span<const SlotInfo>) { return test::vault_key(); },
      member.environment());
}

TEST_CASE("witness: a request is signed, comes back, and is not asked again") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const WitnessRequestReport asked = request(spiegel);
  CHECK(asked.logs ==
        std::vector<std::string>{"ledger of spiegel/desk", "access log of spiegel/desk"});
  CHECK(asked.witnesses.size() == 2);
  const WitnessSignReport signed_ = sign(bbc, asked.text);
  CHECK(signed_.from == "spiegel/desk");
  CHECK(verdicts(signed_.logs) == std::vector{WitnessVerdict::cosigned, WitnessVerdict::cosigned});
  const std::vector<std::string> acts = acts_of_witness(bbc);
  REQUIRE(acts.size() == 2);
  CHECK(acts[0].starts_with("ledger of spiegel/desk, "));
  CHECK(acts[0].ends_with(" entries: ok"));
  CHECK(acts[1].starts_with("access log of spiegel/desk, "));

  const WitnessImportReport here = import(spiegel, signed_.text);
  CHECK(here.from == "bbc/desk");
  CHECK(here.signatures == 2);
  CHECK(here.damage.empty());
  CHECK_FALSE(here.outdated);
  CHECK(acts_of_witness(spiegel) == std::vector<std::string>{"heard of bbc/desk: 2 cosigned: ok"});
  // Once more changes nothing.
  CHECK(import(spiegel, signed_.text).signatures == 0);

  // The ledger is not asked of bbc again; the access log has grown, and fits what bbc has.
  const WitnessRequestReport again = request(spiegel);
  const WitnessSignReport second = sign(bbc, again.text);
  REQUIRE(second.logs.size() == 1);
  CHECK(second.logs[0].log == "access log of spiegel/desk");
  CHECK(second.logs[0].verdict == WitnessVerdict::cosigned);
  // lemonde has not signed anything yet, and gets both.
  CHECK(sign(partners[2], again.text).logs.size() == 2);
}

TEST_CASE("witness: signatures on a ledger travel on with it") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  partners[0].append(partners[0].ledger(), {"muniment/test/v1\nnews\n"});
  static_cast<void>(import(partners[0], sign(partners[1], request(partners[0]).text).text));
  partners[2].accept(partners[0].text_for("lemonde"));
  Vault vault = partners[2].open();
  const Replication replication(vault);
  const Ledger* ledger = replication.find_ledger(partners[0].ledger());
  REQUIRE(ledger != nullptr);
  const auto opened = open_cosigned(ledger->checkpoint(), *replication.log_key(ledger->name()),
                                    replication.witnesses());
  REQUIRE(opened);
  REQUIRE(opened->cosignatures.size() == 1);
  CHECK(opened->cosignatures[0].name.ends_with(partners[1].identity().device.hex()));
}

TEST_CASE("witness: who forgot what the witness has hears of it, and the next request fits") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  static_cast<void>(import(spiegel, sign(bbc, request(spiegel).text).text));
  fs::remove_all(spiegel.path / "cosigned");
  const WitnessSignReport stale = sign(bbc, request(spiegel).text);
  // Of the ledger it stands in the ledger itself.
  CHECK(verdicts(stale.logs) == std::vector{WitnessVerdict::stale});
  CHECK(acts_of_witness(bbc).back().ends_with(" entries: stale: denied"));
  const WitnessImportReport heard = import(spiegel, stale.text);
  CHECK(heard.outdated);
  CHECK(heard.signatures == 1);
  CHECK(verdicts(sign(bbc, request(spiegel).text).logs) == std::vector{WitnessVerdict::cosigned});
}

TEST_CASE("witness: two histories in two texts are refused, proved, frozen and told") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const DeviceId to = bbc.identity().device;
  const Twin twin(partners, spiegel);
  say(spiegel, "yes");
  const std::uint64_t size = size_of(spiegel, name);
  REQUIRE(verdicts(sign(bbc, ask(spiegel, name, 0, to)).logs) ==
          std::vector{WitnessVerdict::cosigned});

  twin.put_back();
  say(spiegel, "no");
  SUBCASE("of one size") {}
  SUBCASE("of which the second is longer") {
    say(spiegel, "more");
  }
  const WitnessSignReport refused =
      sign(bbc, ask(spiegel, name, size_of(spiegel, name) > size ? size : 0, to));
  REQUIRE(verdicts(refused.logs) == std::vector{WitnessVerdict::fork});
  CHECK(has_proof(bbc, name));
  const WitnessReply reply = reply_in(refused.text);
  REQUIRE(reply.answers[0].fork);
  CHECK(is_proof(*reply.answers[0].fork));
  CHECK(acts_of_witness(bbc).back().ends_with(" entries: fork: denied"));
  CHECK(bbc.has_todo("device spiegel/desk signed two histories"));
  // Nothing is signed of it any more, and others hear of it from bbc's ledger.
  CHECK(verdicts(sign(bbc, ask(spiegel, name, 0, to)).logs) == std::vector{WitnessVerdict::fork});
  partners[2].accept(bbc.text_for("lemonde"));
  CHECK(partners[2].has_todo("device spiegel/desk signed two histories"));
}

TEST_CASE("witness: what was signed by hash alone counts when entries come by sync") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const std::uint64_t held = size_of(spiegel, name);
  bbc.accept(spiegel.text_for("bbc"));
  const Twin twin(partners, spiegel);
  say(spiegel, "yes");
  REQUIRE(verdicts(sign(bbc, ask(spiegel, name, 0, bbc.identity().device)).logs) ==
          std::vector{WitnessVerdict::cosigned});
  SUBCASE("the same history is cosigned again") {
    say(spiegel, "and more");
  }
  SUBCASE("another is refused and proved") {
    twin.put_back();
    say(spiegel, "no");
  }
  const auto ledger = Ledger::find(*spiegel.files, spiegel.path / "ledgers", name,
                                   verify_key(spiegel.keys().service->keys.log));
  std::vector<std::string> entries;
  for (std::uint64_t i = held; i < ledger->size(); ++i) entries.push_back(ledger->entry(i));
  Vault vault = bbc.open();
  Replication replication(vault);
  const auto error = error_of([&] { replication.append(name, entries, ledger->checkpoint()); });
  if (entries.size() == 2) {
    CHECK_FALSE(error);
    CHECK(replication.find_ledger(name)->checkpoint().signatures.size() == 2);
    return;
  }
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(has_proof(bbc, name));
  CHECK(replication.find_ledger(name)->size() == held);
  // The text with the same entries, too.
  CHECK(bbc.accept(spiegel.text_for("bbc")).entries == 0);
}

TEST_CASE("witness: what was signed with its entries counts when a text asks by hash alone") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const std::uint64_t before = size_of(spiegel, name);
  const Twin twin(partners, spiegel);
  say(spiegel, "yes");
  say(spiegel, "and more");
  static_cast<void>(hold(bbc, spiegel));
  twin.put_back();
  say(spiegel, "no");
  const std::string text = ask(spiegel, name, before, bbc.identity().device);
  CHECK(verdicts(sign(bbc, text).logs) == std::vector{WitnessVerdict::fork});
  CHECK(has_proof(bbc, name));
}

TEST_CASE("witness: a smaller checkpoint of the same history is stale, not a fork") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const std::string early = ask(spiegel, name, 0, bbc.identity().device);
  say(spiegel, "more");
  static_cast<void>(hold(bbc, spiegel));
  const WitnessSignReport stale = sign(bbc, early);
  REQUIRE(verdicts(stale.logs) == std::vector{WitnessVerdict::stale});
  const WitnessReply reply = reply_in(stale.text);
  REQUIRE(reply.answers[0].note);
  CHECK(decode_checkpoint(reply.answers[0].note->text)->size == size_of(spiegel, name));
}

TEST_CASE("witness: a ledger that was put back from a partner does not make it forget") {
  PartnerVaults partners{"bbc", "spiegel"};
  PartnerVault& bbc = partners[0];
  PartnerVault& spiegel = partners[1];
  const LedgerName name = spiegel.ledger();
  const Twin twin(partners, spiegel);
  say(spiegel, "yes");
  static_cast<void>(hold(bbc, spiegel));
  const fs::path damaged = bbc.path / "ledgers" / name.id().hex();
  for (const char* tail : {"tail", "tail.2"}) {
    test::flip_bit(damaged / tail, fs::file_size(damaged / tail) / 2);
  }
  twin.put_back();
  SUBCASE("by a shorter copy, which is not signed before it has grown again") {
    // The catalog knows that there was more, so that whoever unlocks is told.
    CHECK(error_of([&] { bbc.accept(spiegel.text_for("bbc")); })->code() == ErrorCode::damaged);
    Vault vault = bbc.open_locked();
    Replication replication(vault, test::vault_key());
    REQUIRE(replication.find_ledger(name) != nullptr);
    CHECK(replication.find_ledger(name)->size() == size_of(spiegel, name));
    CHECK(replication.cosign_held().empty());
    CHECK_FALSE(has_proof(bbc, name));
  }
  SUBCASE("by another history, which is refused and proved") {
    say(spiegel, "no");
    CHECK(error_of([&] { bbc.accept(spiegel.text_for("bbc")); })->code() == ErrorCode::damaged);
    CHECK(has_proof(bbc, name));
  }
}

TEST_CASE("witness: what is asked wrongly is refused, and nothing is signed") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const DeviceId to = bbc.identity().device;
  WitnessRequest asked = *decode_witness_request(*dearmor_record(ask(spiegel, name, 0, to)));
  const auto verdict_of = [&] {
    const WitnessSignReport report = sign(bbc, armor_record(encode(asked)));
    REQUIRE(report.logs.size() == 1);
    return report.logs[0].verdict;
  };
  SUBCASE("of a stranger's log") {
    SignedNote& note = asked.asks[0].checkpoint;
    const auto stranger = SigningKey<LogPurpose>::generate(spiegel.random);
    const LedgerName other{name.consortium, name.collection, spiegel.random.fixed<DeviceId>()};
    note = sign_checkpoint({other.origin(), 3, {}}, other.origin(), stranger);
    CHECK(verdict_of() == WitnessVerdict::unknown_origin);
  }
  SUBCASE("with another log's signature") {
    SignedNote& note = asked.asks[0].checkpoint;
    const auto stranger = SigningKey<LogPurpose>::generate(spiegel.random);
    note = sign_checkpoint(*decode_checkpoint(note.text), name.origin(), stranger);
    CHECK(verdict_of() == WitnessVerdict::bad_signature);
  }
  SUBCASE("with a proof that proves nothing") {
    static_cast<void>(sign(bbc, armor_record(encode(asked))));
    const std::uint64_t old = size_of(spiegel, name);
    say(spiegel, "more");
    asked = *decode_witness_request(*dearmor_record(ask(spiegel, name, old, to)));
    asked.asks[0].proof.back() = {};
    CHECK(verdict_of() == WitnessVerdict::bad_proof);
    CHECK_FALSE(has_proof(bbc, name));
  }
  SUBCASE("going out from what it never cosigned") {
    say(spiegel, "more");
    asked = *decode_witness_request(
        *dearmor_record(ask(spiegel, name, size_of(spiegel, name) - 1, to)));
    CHECK(verdict_of() == WitnessVerdict::stale);
  }
  SUBCASE("by somebody who is not in the text's list") {
    asked.asks[0].to = {spiegel.identity().device};
    CHECK(sign(bbc, armor_record(encode(asked))).text.empty());
  }
}

TEST_CASE("witness: a member who is none, or was put back, signs nothing") {
  PartnerVaults partners({"spiegel", "bbc"}, Roles().add(Role::reader));
  const auto error = error_of([&] {
    static_cast<void>(sign(
        partners[1], ask(partners[0], partners[0].ledger(), 0, partners[1].identity().device)));
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
  CHECK(request(partners[0]).text.empty());
}

TEST_CASE("witness: a reply that is not what it says is not believed") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  const std::string good = sign(partners[1], request(spiegel).text).text;
  WitnessReply reply = reply_in(good);
  REQUIRE(reply.answers.size() == 2);
  SUBCASE("a cosignature moved to another log") {
    SignedNote& note = *reply.answers[1].note;
    note.signatures.back() = reply.answers[0].note->signatures.back();
  }
  SUBCASE("a checkpoint moved to another log") {
    reply.answers[1].note = reply.answers[0].note;
    reply.answers[1].size = reply.answers[0].size;
  }
  SUBCASE("a forged line beside the true one") {
    SignedNote& note = *reply.answers[1].note;
    NoteSignature forged = note.signatures.back();
    forged.signature.back() ^= std::byte{1};
    note.signatures.push_back(forged);
  }
  SUBCASE("a size that was not signed") {
    ++reply.answers[1].size;
  }
  const WitnessImportReport report = import(spiegel, armor_record(encode(reply)));
  REQUIRE(report.damage.size() == 1);
  CHECK(report.damage[0].starts_with("access log of spiegel/desk: "));
  CHECK(report.signatures == 1);
}

TEST_CASE("witness: a reply for another device, or of nobody who is a witness, is refused") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  const std::string text = sign(partners[1], request(partners[0]).text).text;
  CHECK(error_of([&] { static_cast<void>(import(partners[2], text)); })->code() ==
        ErrorCode::denied);
  WitnessReply reply = reply_in(text);
  reply.from = partners[0].identity().device;
  CHECK(error_of([&] {
          static_cast<void>(import(partners[0], armor_record(encode(reply))));
        })->code() == ErrorCode::denied);
}

TEST_CASE("witness: texts that are for another command say which") {
  PartnerVaults partners{"spiegel", "bbc"};
  const std::string asked = request(partners[0]).text;
  const std::string reply = sign(partners[1], asked).text;
  const auto hint = [&](auto&& step) { return error_of(step)->hint(); };
  CHECK(hint([&] { partners[1].accept(asked); }) == "run 'muniment witness sign FILE'");
  CHECK(hint([&] { partners[0].accept(reply); }) == "run 'muniment witness import FILE'");
  CHECK(hint([&] { static_cast<void>(sign(partners[1], reply)); }) ==
        "run 'muniment witness import FILE'");
  CHECK(hint([&] { static_cast<void>(import(partners[0], asked)); }) ==
        "run 'muniment witness sign FILE'");
  CHECK(error_of([&] { static_cast<void>(sign(partners[1], asked.substr(0, 300))); })->code() ==
        ErrorCode::damaged);
}

TEST_CASE("witness: whatever ends it, what was signed is remembered, and never another history") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const DeviceId to = bbc.identity().device;
  const Twin before(partners, spiegel);
  say(spiegel, "yes");
  const std::string yes = ask(spiegel, name, 0, to);
  before.put_back();
  say(spiegel, "no");
  const std::string no = ask(spiegel, name, 0, to);
  const Twin witness(partners, bbc);
  std::size_t shown = 0;
  std::size_t remembered = 0;
  for (std::size_t n = 0;; ++n) {
    witness.put_back();
    test::FaultyFileSystem faulty(*bbc.files);
    Vault vault = Vault::open(bbc.path, {faulty, bbc.clock, bbc.random});
    vault.set_lock_wait(std::chrono::milliseconds(0));
    vault.unlock(test::vault_key(), bbc.activity);
    const std::size_t done = faulty.operations().size();
    faulty.set_fault(test::Fault{done + n, EIO, false, true});
    WitnessSignReport report;
    const auto error = error_of([&] { report = Witnessing(vault).sign(yes, bbc.activity); });
    if (faulty.operations().size() <= done + n) break;
    // The process is over; another finds what is there.
    const bool gave = !error && !report.text.empty();
    const std::vector<WitnessVerdict> other = verdicts(sign(bbc, no).logs);
    CAPTURE(n);
    REQUIRE(other.size() == 1);
    if (gave) {
      ++shown;
      CHECK(other[0] == WitnessVerdict::fork);
    }
    if (other[0] == WitnessVerdict::fork) {
      ++remembered;
      CHECK(has_proof(bbc, name));
    } else {
      CHECK(other[0] == WitnessVerdict::cosigned);
      CHECK(verdicts(sign(bbc, yes).logs) == std::vector{WitnessVerdict::fork});
    }
  }
  CHECK(remembered >= shown);
  CHECK(remembered > 0);
}

TEST_CASE("witness: what it signed is in the backup of its keys") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& bbc = partners[1];
  static_cast<void>(sign(bbc, request(partners[0]).text));
  const std::vector<SignedNote> known = list_witnessed(*bbc.files, bbc.path);
  CHECK(known.size() == 2);
  const fs::path file = partners.directory.path() / "backup";
  back_up(bbc, file);
  fs::remove_all(bbc.path);
  static_cast<void>(import_backup(bbc, file));
  const std::vector<SignedNote> back = list_witnessed(*bbc.files, bbc.path);
  REQUIRE(back.size() == known.size());
  for (std::size_t i = 0; i < back.size(); ++i) CHECK(encode(back[i]) == encode(known[i]));
  // And nothing is signed before it is known what partners saw.
  CHECK(error_of([&] { static_cast<void>(sign(bbc, request(partners[0]).text)); })->code() ==
        ErrorCode::denied);
}

TEST_CASE("witness: a memory that is damaged signs nothing, and keeps nobody from taking entries") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  static_cast<void>(hold(bbc, spiegel));
  test::flip_bit(bbc.path / "witness" / spiegel.ledger().id().hex(), 40);
  say(spiegel, "more");
  CHECK(hold(bbc, spiegel).empty());
  CHECK(error_of([&] {
          static_cast<void>(sign(bbc, ask(spiegel, spiegel.ledger(), 0, bbc.identity().device)));
        })->code() == ErrorCode::damaged);
}

// ---- a device that was put back ----

// The number of the present access log.
AccessLogNumber present_log(PartnerVault& member) {
  return access_log_number(find_access_logs(*member.files, member.path).present);
}

LedgerName access_log(PartnerVault& member, const AccessLogNumber& number = {}) {
  return {member.identity().consortium, access_collection(number), member.identity().device};
}

// What the log says of itself.
std::vector<std::string> acts_of_log(PartnerVault& member) {
  Vault vault = member.open();
  std::vector<std::string> lines;
  static_cast<void>(vault.read_access_log(
      [&](const AccessInfo& info) {
        if (info.record.act == access_act::log) lines.push_back(info.record.detail);
        return true;
      },
      member.activity));
  return lines;
}

std::string first_entry(PartnerVault& member) {
  const LedgerName name = access_log(member, present_log(member));
  const auto log = AccessLogView::find(*member.files, member.path / "access" / name.id().hex(),
                                       name, verify_key(member.keys().service->keys.log));
  std::string first;
  log->visit([&](std::uint64_t, std::string_view entry) {
    first = entry;
    return false;
  });
  return first;
}

TEST_CASE("access log: a device that came back from a backup goes on in another one") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const fs::path file = partners.directory.path() / "backup";
  back_up(spiegel, file);
  static_cast<void>(import(spiegel, sign(bbc, request(spiegel).text).text));
  static_cast<void>(sign(bbc, request(spiegel).text));
  const auto seen = decode_checkpoint(
      WitnessMemory(*bbc.files, bbc.path,
                    {witness_name(bbc.identity().consortium, bbc.identity().device),
                     verify_key(bbc.keys().service->keys.witness)})
          .find(access_log(spiegel).note_key(verify_key(spiegel.keys().service->keys.log)))
          ->note.text);

  fs::remove_all(spiegel.path);
  CHECK(import_backup(spiegel, file).other_access_log);
  const AccessLogNumber number = present_log(spiegel);
  CHECK_FALSE(number.is_zero());
  CHECK(acts_of_log(spiegel).front().starts_with("this device was put back to an older state"));
  // It links what the backup knew.
  auto follows = decode_follows_entry(first_entry(spiegel));
  REQUIRE(follows);
  CHECK(follows->log == access_log(spiegel));
  REQUIRE(follows->checkpoint);
  CHECK(decode_checkpoint(follows->checkpoint->text)->size < seen->size);
  CHECK_FALSE(fs::exists(spiegel.path / "access" / access_log(spiegel).id().hex()));

  // Of its ledgers nothing is shown before partners were heard; its new log is, and the witness
  // says what it knows of the old one.
  const WitnessRequestReport asked = request(spiegel);
  CHECK_FALSE(asked.withheld.empty());
  CHECK(asked.logs == std::vector<std::string>{"access log " + number.hex() + " of spiegel/desk"});
  const WitnessSignReport signed_ = sign(bbc, asked.text);
  CHECK(verdicts(signed_.logs) == std::vector{WitnessVerdict::cosigned});
  const WitnessImportReport heard = import(spiegel, signed_.text);
  CHECK(heard.damage.empty());
  REQUIRE(heard.news.size() == 1);
  CHECK(heard.news[0].find("it had at least " + std::to_string(seen->size) + " entries") !=
        std::string::npos);
  CHECK(import(spiegel, signed_.text).news.empty());
  {
    Vault vault = spiegel.open_locked();
    const std::vector<EndedAccessLog> ended = vault.ended_access_logs();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].number.is_zero());
    CHECK(ended[0].here == 0);
    CHECK(ended[0].known == seen->size);
    CHECK(vault.verify_access_log(spiegel.activity).check.unknown == 0);
  }
  CHECK(bbc.consortium().forks().empty());

  // And once more from the same backup: no number is used twice.
  fs::remove_all(spiegel.path);
  static_cast<void>(import_backup(spiegel, file));
  CHECK(present_log(spiegel) != number);
}

TEST_CASE("access log: a disk that was put back is noticed by what the witness has, and no fork") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  static_cast<void>(import(spiegel, sign(bbc, request(spiegel).text).text));
  const Twin twin(partners, spiegel);
  for (int i = 0; i < 5; ++i) static_cast<void>(spiegel.open());
  static_cast<void>(import(spiegel, sign(bbc, request(spiegel).text).text));
  twin.put_back();

  const WitnessRequestReport asked = request(spiegel);
  CHECK(asked.damage.empty());
  const WitnessSignReport stale = sign(bbc, asked.text);
  REQUIRE(verdicts(stale.logs) == std::vector{WitnessVerdict::stale});
  const WitnessImportReport heard = import(spiegel, stale.text);
  REQUIRE(heard.damage.size() == 1);
  CHECK(heard.damage[0].find("another access log goes on") != std::string::npos);
  const AccessLogNumber number = present_log(spiegel);
  CHECK_FALSE(number.is_zero());
  const auto follows = decode_follows_entry(first_entry(spiegel));
  REQUIRE(follows);
  CHECK(encode(*follows->checkpoint) == encode(*reply_in(stale.text).answers[0].note));
  // What was written before it was noticed can still be read.
  {
    Vault vault = spiegel.open();
    std::size_t records = 0;
    static_cast<void>(vault.read_access_log(
        [&](const AccessInfo&) {
          ++records;
          return true;
        },
        spiegel.activity, {.device = {}, .number = "00"}));
    CHECK(records > 0);
    REQUIRE(vault.ended_access_logs().size() == 1);
    CHECK(vault.ended_access_logs()[0].known > vault.ended_access_logs()[0].here);
  }
  const WitnessSignReport again = sign(bbc, request(spiegel).text);
  CHECK(verdicts(again.logs) == std::vector{WitnessVerdict::cosigned});
  CHECK(import(spiegel, again.text).damage.empty());
  CHECK(list_forks(*bbc.files, bbc.path).empty());
}

TEST_CASE("access log: one that was removed, though witnesses saw it, goes on as another") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  static_cast<void>(import(spiegel, sign(partners[1], request(spiegel).text).text));
  fs::remove_all(spiegel.path / "access");
  const WitnessRequestReport asked = request(spiegel);
  REQUIRE(asked.damage.size() == 1);
  CHECK_FALSE(present_log(spiegel).is_zero());
  CHECK(verdicts(sign(partners[1], asked.text).logs) == std::vector{WitnessVerdict::cosigned});
  CHECK(request(spiegel).damage.empty());
}

TEST_CASE("access log: which one goes on is not guessed") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  const fs::path file = partners.directory.path() / "backup";
  back_up(spiegel, file);
  fs::remove_all(spiegel.path);
  static_cast<void>(import_backup(spiegel, file));
  const AccessLogNumber number = present_log(spiegel);
  test::flip_bit(spiegel.path / "access-log", 40);
  CHECK(error_of([&] { static_cast<void>(spiegel.open()); })->code() == ErrorCode::damaged);
  {
    Vault vault = spiegel.open_locked();
    const DeviceKeys keys = vault.open_keys(test::vault_key());
    CHECK(vault.repair_access_log(keys, spiegel.activity));
  }
  CHECK(present_log(spiegel) != number);
  CHECK_FALSE(present_log(spiegel).is_zero());
  CHECK_FALSE(acts_of_log(spiegel).empty());
}

TEST_CASE("witness: a ledger of which a witness saw more is not shown, and its device waits") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& spiegel = partners[0];
  PartnerVault& bbc = partners[1];
  const LedgerName name = spiegel.ledger();
  const Twin twin(partners, spiegel);
  say(spiegel, "more");
  static_cast<void>(hold(bbc, spiegel));
  twin.put_back();
  const WitnessImportReport heard = import(spiegel, sign(bbc, request(spiegel).text).text);
  REQUIRE(heard.damage.size() == 1);
  CHECK(heard.damage[0].starts_with("ledger of spiegel/desk: witnesses saw "));
  Vault vault = spiegel.open();
  CHECK(error_of([&] {
          static_cast<void>(vault.create_collection("letters", spiegel.activity));
        })->code() == ErrorCode::denied);
  spiegel.accept(bbc.text_for("spiegel"));
  CHECK(size_of(spiegel, name) == size_of(bbc, spiegel, name));
}

// ---- how many are enough ----

WitnessQuorum some_quorum(std::initializer_list<std::size_t> devices, std::size_t needed) {
  test::FixedRandom random(60);
  WitnessQuorum quorum{needed, {}};
  for (const std::size_t count : devices) {
    WitnessingMember& member =
        quorum.members.emplace_back(WitnessingMember{random.fixed<MemberId>(), {}});
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = random.fixed<DeviceId>();
      member.devices.emplace(id, NoteKey<WitnessPurpose>{"w/" + id.hex(), {}});
    }
  }
  std::ranges::sort(quorum.members, {}, &WitnessingMember::member);
  return quorum;
}

TEST_CASE("quorum: it is the largest size for which enough vouch") {
  const WitnessQuorum quorum = some_quorum({1, 1, 1, 1}, 3);
  const auto standing = [&](std::initializer_list<std::uint64_t> sizes) {
    VouchedSizes vouched;
    auto member = quorum.members.begin();
    for (const std::uint64_t size : sizes) vouched.emplace((member++)->member, size);
    return standing_of(vouched, quorum);
  };
  CHECK(standing({}) == WitnessStanding{0, 3, 4, 0});
  CHECK(standing({9, 7}) == WitnessStanding{2, 3, 4, 7});
  CHECK_FALSE(standing({9, 7}).is_quorum());
  CHECK(standing({9, 7, 5, 2}) == WitnessStanding{3, 3, 4, 5});
  CHECK(standing({9, 7, 5, 5}) == WitnessStanding{4, 3, 4, 5});
  CHECK(standing({9, 7, 5, 2}).is_quorum());
}

TEST_CASE("quorum: a member with many devices vouches once") {
  PartnerVaults partners{"spiegel", "bbc", "lemonde"};
  PartnerVault& spiegel = partners[0];
  const DeviceId second = partners[1].add_device();
  spiegel.accept(partners[1].text_for("spiegel"));
  const Consortium consortium = spiegel.consortium();
  const WitnessQuorum quorum = quorum_for(consortium, spiegel.member());
  REQUIRE(quorum.members.size() == 2);
  CHECK(quorum.needed == 2);
  CHECK(quorum.keys().size() == 3);
  const auto bbc =
      std::ranges::find(quorum.members, partners[1].member(), &WitnessingMember::member);
  REQUIRE(bbc != quorum.members.end());
  CHECK(bbc->devices.contains(second));

  // One signature of each of its devices, and one of them twice.
  test::FixedRandom random(61);
  WitnessQuorum two = quorum;
  std::vector<SigningKey<WitnessPurpose>> keys;
  for (WitnessingMember& member : two.members) {
    for (auto& [id, key] : member.devices) {
      keys.push_back(SigningKey<WitnessPurpose>::generate(random));
      key.key = verify_key(keys.back());
    }
  }
  const auto log = SigningKey<LogPurpose>::generate(random);
  const NoteKey<LogPurpose> log_key{"log", verify_key(log)};
  SignedNote note = sign_checkpoint({"log", 5, {}}, "log", log);
  const auto padded =
      std::ranges::find(two.members, partners[1].member(), &WitnessingMember::member);
  const std::size_t first = padded == two.members.begin() ? 0 : 1;
  std::size_t i = first;
  for (const auto& [id, key] : padded->devices) {
    note.signatures.push_back(cosign(note, key.name, keys[i], 10));
    note.signatures.push_back(cosign(note, key.name, keys[i++], 11));
  }
  VouchedSizes sizes;
  REQUIRE(add_vouched(note, log_key, two, sizes));
  CHECK(standing_of(sizes, two) == WitnessStanding{1, 2, 2, 5});
  // A forged line of a known key condemns all of it.
  note.signatures.back().signature.back() ^= std::byte{1};
  VouchedSizes none;
  CHECK_FALSE(add_vouched(note, log_key, two, none));
  CHECK(none.empty());
}

TEST_CASE("quorum: the policy is C2SP's, with a group for each member") {
  const WitnessQuorum quorum = some_quorum({2, 1, 0, 1}, 3);
  test::FixedRandom random(62);
  const NoteKey<LogPurpose> log{"log", verify_key(SigningKey<LogPurpose>::generate(random))};
  const std::string policy = encode_policy(log, quorum);
  CHECK(policy.starts_with("log " + encode_vkey(log) + "\n"));
  CHECK(policy.ends_with("\nquorum quorum\n"));
  std::size_t witnesses = 0;
  std::size_t groups = 0;
  for (std::size_t at = 0; at < policy.size(); at = policy.find('\n', at) + 1) {
    witnesses += policy.compare(at, 8, "witness ") == 0 ? 1 : 0;
    groups += policy.compare(at, 6, "group ") == 0 ? 1 : 0;
  }
  CHECK(witnesses == 4);
  CHECK(groups == 4);
  CHECK(policy.find("group quorum 3 member:") != std::string::npos);
  CHECK(encode_policy(log, {}) == "log " + encode_vkey(log) + "\nquorum none\n");
  CHECK(error_of([&] {
          static_cast<void>(encode_policy(log, some_quorum({1, 0, 0}, 2)));
        })->code() == ErrorCode::denied);
}

}  // namespace
}  // namespace muniment
