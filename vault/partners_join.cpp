// Joining a consortium by the texts of its members.
#include <fmt/format.h>

#include <algorithm>

#include "vault/ledger/sealed_part.hpp"
#include "vault/log_keys.hpp"
#include "vault/partners.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

constexpr std::string_view joining_name = "joining";
constexpr std::string_view joining_type = "muniment/joining/v1";

// What this vault answered to an invitation, so that it never signs two first commits.
void save_joining(FileSystem& files, const std::filesystem::path& directory,
                  const LedgerCopy& own) {
  RecordWriter record(joining_type);
  write_ledger_copy(record, own);
  write_file_atomically(files, directory / joining_name, as_bytes(record.finish()));
}

std::optional<LedgerCopy> find_joining(FileSystem& files, const std::filesystem::path& directory,
                                       const LedgerName& name) {
  const auto bytes = read_file(files, directory / joining_name, exchange_text_bytes_max);
  if (!bytes) return std::nullopt;
  RecordReader record(as_text(*bytes), joining_type);
  std::vector<LedgerCopy> copies = read_ledger_copies(record);
  if (!record.done() || copies.size() != 1 || copies[0].name != name) return std::nullopt;
  return std::move(copies[0]);
}

// The ledgers of another consortium, in a folder that goes away again.
class Scratch {
 public:
  Scratch(FileSystem& files, std::filesystem::path path) : x_path(std::move(path)) {
    clear();
    files.make_directory(x_path);
  }
  ~Scratch() { clear(); }
  Scratch(Scratch&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return x_path; }

 private:
  void clear() const noexcept {
    std::error_code ignored;
    std::filesystem::remove_all(x_path, ignored);
  }

  std::filesystem::path x_path;
};

// What the exchange's ledgers say, whether or not they are this vault's.
Consortium replay_in(FileSystem& files, const Scratch& scratch, const Exchange& exchange) {
  LogKeys keys;
  add_log_keys(keys, exchange.ledgers);
  for (const LedgerCopy& copy : exchange.ledgers) {
    const auto key = keys.find(copy.name.device);
    if (copy.name.consortium != exchange.consortium || key == keys.end()) continue;
    static_cast<void>(merge_ledger(files, scratch.path(), copy, key->second));
  }
  const LedgerSet set = load_ledgers(files, scratch.path(), exchange.consortium);
  return Consortium::replay(exchange.consortium, set.pointers(), exchange.charters);
}

}  // namespace

AcceptReport Partners::join(const Exchange& exchange, const std::function<Credential()>& current,
                            Activity& activity) {
  Vault::State& vault = state();
  const Consortium& own = vault.record->consortium;
  activity.check();
  if (own.charter().members.size() > 1 || own.collections().size() > 1) {
    throw Error(ErrorCode::denied,
                "the text is of another consortium, and this vault has one with collections or "
                "members of its own",
                "join with a new vault: 'muniment init DIR', then 'muniment card'");
  }
  const Scratch scratch(vault.environment.files, vault.directory / "tmp" / "joining");
  const Consortium theirs = replay_in(vault.environment.files, scratch, exchange);
  const bool is_member = theirs.charter().find(vault.own_member()) != nullptr;
  if (is_member && theirs.is_active(vault.identity().device)) {
    AcceptReport report = enter(exchange, theirs, current());
    report.news.push_back(fmt::format("this vault belongs to consortium {} now, with {} members",
                                      exchange.consortium.hex(), theirs.charter().members.size()));
    return report;
  }
  return answer(exchange, theirs);
}

// The vault becomes one of the exchange's consortium, in which its device is certified already.
AcceptReport Partners::enter(const Exchange& exchange, const Consortium& theirs,
                             const Credential& current) {
  Vault::State& vault = state();
  auto& [files, clock, random] = vault.environment;
  LoadedKeyring loaded = load_keyring(files, vault.directory, vault.identity().vault);
  const UnlockedKeyring unlocked = loaded.keyring.unlock(current);
  if (!unlocked.service || !unlocked.reading) {
    throw Error(ErrorCode::wrong_key, "this key opens only the service keys");
  }
  const std::vector<LedgerId> before = list_ledgers(files, vault.ledger_directory());
  AcceptReport report;
  report.joins = true;
  LogKeys keys;
  add_log_keys(keys, exchange.ledgers);
  for (const LedgerCopy& copy : exchange.ledgers) {
    const auto log = keys.find(copy.name.device);
    const bool counts =
        copy.name.consortium == exchange.consortium && theirs.devices().contains(copy.name.device);
    if (log == keys.end() || !counts) continue;
    report.entries += merge_ledger(files, vault.ledger_directory(), copy, log->second);
  }
  // The keyring decides: from here on, opening the vault finds the new consortium.
  loaded.keyring.rebind(exchange.consortium, unlocked, random);
  save_keyring(files, vault.directory, loaded.keyring);
  write_file_atomically(files, vault.directory / marker_name,
                        as_bytes(encode_marker(loaded.keyring.identity())));
  std::error_code ignored;
  for (const LedgerId& id : before) {
    std::filesystem::remove_all(vault.ledger_directory() / id.hex(), ignored);
  }
  save_adopted(files, vault.directory, exchange.consortium, theirs.charter_refs());
  files.remove(vault.directory / joining_name);
  vault.catalog.reset();
  static_cast<void>(Catalog::create(files, vault.catalog_path(), vault.opened->reading.catalog,
                                    {vault.identity().vault, exchange.consortium}, random));
  return report;
}

// To an invitation: this member's approval, and the first commit of its device.
AcceptReport Partners::answer(const Exchange& exchange, const Consortium& theirs) {
  Vault::State& vault = state();
  const Custodian self = vault.custodian();
  AcceptReport report;
  Exchange reply{exchange.consortium, exchange.from, {}, std::nullopt, {}};
  const bool is_member = theirs.charter().find(self.member) != nullptr;
  if (!is_member) {
    if (!exchange.proposal) {
      throw Error(ErrorCode::denied, "the text is of a consortium that does not know this vault",
                  "hand somebody there what 'muniment card' prints, to be invited");
    }
    reply.proposal = approve_invitation(*exchange.proposal, theirs.charters().back());
  }
  const LedgerName name{exchange.consortium, consortium_collection, vault.identity().device};
  std::optional<LedgerCopy> first = find_joining(vault.environment.files, vault.directory, name);
  if (!first) {
    first = first_commit(name, theirs.sealing_epoch(consortium_collection).public_key);
    save_joining(vault.environment.files, vault.directory, *first);
  }
  reply.ledgers.push_back(std::move(*first));
  report.reply = encode(reply);
  report.fingerprint = fingerprint_words(exchange);
  report.news.push_back("the text that is printed goes back to who invited you, who sends another");
  return report;
}

CharterEntry Partners::approve_invitation(const CharterEntry& proposal,
                                          const ApprovedCharter& current) const {
  const Custodian self = state().custodian();
  const SshPublicKey key{SshKeyKind::ed25519, verify_key(self.authority), {}};
  const auto charter = decode_charter(proposal.text);
  const CharterMember* place = charter ? charter->find(self.member) : nullptr;
  if (place == nullptr || std::ranges::find(place->keys, key) == place->keys.end()) {
    throw Error(ErrorCode::denied, "the charter that is proposed does not list this vault's member",
                "hand somebody there what 'muniment card' prints, to be invited");
  }
  CharterEntry entry = proposal;
  const auto at = std::ranges::lower_bound(entry.approvals, self.member, {}, &Approval::member);
  if (at == entry.approvals.end() || at->member != self.member) {
    entry.approvals.insert(at, muniment::approve(self.authority, self.member,
                                                 approval_namespace::charter, entry.text));
  }
  const auto refusal = check_next_charter(current, entry);
  if (refusal && *refusal != Refusal::approvals_too_few) {
    throw Error(ErrorCode::denied,
                fmt::format("charter {}: {}", charter->number, to_text(*refusal)),
                "ask who invited you for another text");
  }
  return entry;
}

LedgerCopy Partners::first_commit(const LedgerName& name, const EpochPublicKey& names_key) const {
  const Vault::State& vault = state();
  Random& random = vault.environment.random;
  const Consortium& own = vault.record->consortium;
  const Custodian self = vault.custodian();
  const SaltedName device_name = SaltedName::make(vault.device_name(name.device), random);
  const std::string text = encode(Certificate{name.consortium, self.member,
                                              own.devices().at(name.device).certificate.keys,
                                              device_name.digest(), vault.environment.clock.now()});
  std::vector<std::string> entries{encode(DeviceEntry{
      text, muniment::approve(self.authority, self.member, approval_namespace::device, text),
      seal_part(names_key, name, Act::device, encode_device_name(device_name), random)})};
  const auto recovery = own.recoveries().find(self.member);
  if (recovery != own.recoveries().end()) {
    RecoveryRecipient recipient = recovery->second;
    recipient.consortium = name.consortium;
    const std::string words = encode(recipient);
    entries.push_back(encode(RecoveryEntry{
        words, muniment::approve(self.authority, self.member, approval_namespace::recovery, words),
        own.sealed_authorities().at(self.member)}));
  }
  return sign_first_commit(name, std::move(entries), vault.opened->service.log);
}

}  // namespace muniment
