// Taking in texts, and joining a consortium by them.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "vault/consortium/quorum.hpp"
#include "vault/cosigner.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/partners.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

constexpr std::string_view joining_name = "joining";
constexpr std::string_view joining_type = "muniment/joining/v1";

Exchange decode_or_throw(const std::string& text) {
  std::optional<Exchange> exchange = decode_exchange(text);
  if (exchange) return std::move(*exchange);
  if (decode_card(text)) {
    throw Error(ErrorCode::usage, "this is a card: it is invited, not accepted",
                "run 'muniment invite FILE'");
  }
  const auto record = dearmor_record(text);
  if (record && decode_witness_request(*record)) {
    throw Error(ErrorCode::usage, "this asks for cosignatures: it is signed, not accepted",
                "run 'muniment witness sign FILE'");
  }
  if (record && decode_witness_reply(*record)) {
    throw Error(ErrorCode::usage, "this is a witness's reply: it is imported, not accepted",
                "run 'muniment witness import FILE'");
  }
  throw Error(ErrorCode::damaged, "the text is cut short or altered, or no text of Muniment's",
              "have it sent again, from its BEGIN line to its END line");
}

using LogKeys = std::map<DeviceId, VerifyKey<LogPurpose>>;

// From the certificates in the copies themselves: a device's id is a hash over its keys.
void add_log_keys(LogKeys& keys, std::span<const LedgerCopy> copies) {
  for (const LedgerCopy& copy : copies) {
    if (copy.name.collection != consortium_collection) continue;
    const auto key = find_log_key(copy.entries, copy.name.device);
    if (key) keys.emplace(copy.name.device, *key);
  }
}

// All keys of the device, from its certificate.
std::optional<DevicePublicKeys> find_keys(std::span<const std::string> entries,
                                          const DeviceId& device) {
  for (const std::string& text : entries) {
    const auto entry = decode_device_entry(text);
    const auto certificate = entry ? decode_certificate(entry->text) : std::nullopt;
    if (certificate && certificate->keys.id() == device) return certificate->keys;
  }
  return std::nullopt;
}

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

// What could be read of which ledgers at one moment.
struct Readable {
  std::set<EpochCommitment> epochs;
  LedgerSizes sizes;

  static Readable now(const OpenCollections& keys, const LedgerSet& set) {
    Readable result;
    for (const auto& [id, collection] : keys) {
      for (const OpenEpoch& epoch : collection.epochs) result.epochs.insert(epoch.commitment);
    }
    for (const Ledger& ledger : set.ledgers) result.sizes[ledger.name().id()] = ledger.size();
    return result;
  }
};

// Whether there were snapshots at hand already that only a key opens which came later: the catalog
// has gone past them.
bool has_opened_old_snapshots(const Readable& before, const Readable& after, const LedgerSet& set) {
  for (const Ledger& ledger : set.ledgers) {
    const auto size = before.sizes.find(ledger.name().id());
    for (std::uint64_t i = 0; size != before.sizes.end() && i < size->second; ++i) {
      const auto snapshot = decode_snapshot(ledger.entry(i));
      if (snapshot && after.epochs.contains(snapshot->epoch) &&
          !before.epochs.contains(snapshot->epoch)) {
        return true;
      }
    }
  }
  return false;
}

bool is_damaged(FileSystem& files, const std::filesystem::path& ledgers, const LedgerName& name,
                const VerifyKey<LogPurpose>& log) {
  try {
    static_cast<void>(Ledger::find(files, ledgers, name, log));
    return false;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return true;
  }
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

std::optional<ForkEntry> Partners::freeze(LedgerFork fork, std::span<const std::string> entries,
                                          AcceptReport& report) {
  Vault::State& vault = state();
  const auto& devices = vault.record->consortium.devices();
  const auto known = devices.find(fork.name.device);
  const auto keys = known == devices.end() ? find_keys(entries, fork.name.device)
                                           : std::optional(known->second.certificate.keys);
  if (!keys) return std::nullopt;
  ForkEntry entry{*keys, std::move(fork)};
  vault.freeze(entry);
  report.damage.push_back(vault.describe_fork(entry.fork.name) + "; the proof is in forks/" +
                          entry.fork.name.id().hex());
  return entry;
}

// The proof goes to a file, where it needs nobody's belief, and into this device's ledger, by which
// every partner hears of it.
void Partners::keep_fork(LedgerFork fork, std::span<const std::string> entries,
                         AcceptReport& report) {
  Vault::State& vault = state();
  const auto entry = freeze(std::move(fork), entries, report);
  // Our own ledger is no place for a proof that it is worth nothing; nor may anything be signed
  // before it is known what partners saw.
  if (!entry || entry->fork.name.device == vault.identity().device ||
      !find_unheard(vault.environment.files, vault.directory).empty()) {
    return;
  }
  const std::vector<std::string> told{encode(*entry)};
  vault.append(consortium_collection, told);
}

void Partners::note_charters(std::span<const Exchange> exchanges, AcceptReport& report) {
  const Vault::State& vault = state();
  const Consortium& consortium = vault.record->consortium;
  for (const CharterFork& fork : consortium.charter_forks()) {
    const std::filesystem::path path = fork_path(vault.directory, fork);
    if (vault.environment.files.file_size(path)) continue;
    save_fork(vault.environment.files, vault.directory, fork);
    report.damage.push_back(Vault::State::describe_fork(fork) + "; the proof is in forks/" +
                            path.filename().native());
  }
  const std::vector<CharterRef> ours = consortium.charter_refs();
  for (const Exchange& exchange : exchanges) {
    const auto differs = std::ranges::mismatch(ours, exchange.charters);
    if (differs.in1 == ours.end() || differs.in2 == exchange.charters.end()) continue;
    report.damage.push_back(fmt::format(
        "charter {}: device {}, which made the text, follows another one of this number",
        differs.in1->number, escape(vault.device_name(exchange.from))));
  }
}

std::optional<LedgerFork> Partners::contradicts_cosigned(const LedgerCopy& copy,
                                                         const VerifyKey<LogPurpose>& log) const {
  Vault::State& vault = state();
  const KeyringIdentity& own = vault.identity();
  const WitnessMemory memory(
      vault.environment.files, vault.directory,
      {witness_name(own.consortium, own.device), verify_key(vault.unlocked().service.witness)});
  const NoteKey<LogPurpose> key = copy.name.note_key(log);
  try {
    const auto cosigned = memory.find(key);
    return cosigned ? contradicts(copy, *cosigned, key) : std::nullopt;
  } catch (const Error& error) {
    // Without a memory nothing is signed, but entries are taken.
    if (error.code() != ErrorCode::damaged) throw;
    return std::nullopt;
  }
}

// What is damaged is kept beside it. If the partner knows less than was known here, the catalog
// says so, and nothing is signed.
bool Partners::put_back(std::span<const Exchange> exchanges, AcceptReport& report) {
  const Vault::State& vault = state();
  FileSystem& files = vault.environment.files;
  LogKeys keys;
  for (const Exchange& exchange : exchanges) add_log_keys(keys, exchange.ledgers);
  bool any = false;
  for (const Exchange& exchange : exchanges) {
    for (const LedgerCopy& copy : exchange.ledgers) {
      const auto log = keys.find(copy.name.device);
      if (log == keys.end() || copy.name.consortium != vault.identity().consortium ||
          copy.name.device == vault.identity().device || !is_authentic(copy, log->second) ||
          !is_damaged(files, vault.ledger_directory(), copy.name, log->second)) {
        continue;
      }
      // Told later: it is not known yet whether this device's own ledgers are what they were.
      if (auto fork = contradicts_cosigned(copy, log->second)) {
        static_cast<void>(freeze(std::move(*fork), copy.entries, report));
        continue;
      }
      const std::filesystem::path path = vault.ledger_directory() / copy.name.id().hex();
      const std::filesystem::path aside = path.native() + ".damaged";
      std::filesystem::remove_all(aside);
      std::filesystem::rename(path, aside);
      static_cast<void>(merge_ledger(files, vault.ledger_directory(), copy, log->second));
      report.news.push_back(ledger_label(copy.name.id()) +
                            ": it was damaged here, and was put back from the text");
      any = true;
    }
  }
  return any;
}

// What is wrong with one ledger is told, and keeps nobody from the others.
void Partners::merge_one(const LedgerCopy& copy, const VerifyKey<LogPurpose>& log,
                         AcceptReport& report) {
  Vault::State& vault = state();
  FileSystem& files = vault.environment.files;
  if (vault.record->frozen.contains(copy.name.id())) return;
  try {
    auto fork = find_fork(files, vault.ledger_directory(), copy, log);
    if (!fork) fork = contradicts_cosigned(copy, log);
    if (fork) {
      keep_fork(std::move(*fork), copy.entries, report);
    } else {
      report.entries += merge_ledger(files, vault.ledger_directory(), copy, log);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    if (std::ranges::find(report.damage, error.what()) == report.damage.end()) {
      report.damage.emplace_back(error.what());
    }
  }
}

// Ledgers of devices that nobody vouches for are left out again.
void Partners::merge(std::span<const Exchange> exchanges, AcceptReport& report) {
  Vault::State& vault = state();
  LogKeys keys;
  for (const CheckedLedger& ledger : vault.record->ledgers.known) {
    keys.emplace(ledger.name.device, ledger.log);
  }
  const std::vector<LedgerId> present =
      list_ledgers(vault.environment.files, vault.ledger_directory());
  const std::set<LedgerId> known(present.begin(), present.end());
  for (const Exchange& exchange : exchanges) add_log_keys(keys, exchange.ledgers);
  std::set<LedgerId> made;
  for (const Exchange& exchange : exchanges) {
    for (const LedgerCopy& copy : exchange.ledgers) {
      const LedgerId id = copy.name.id();
      const auto key = keys.find(copy.name.device);
      if (copy.name.consortium != vault.identity().consortium || key == keys.end()) {
        report.news.push_back(ledger_label(id) +
                              ": left out, no certificate of its device is there");
        continue;
      }
      merge_one(copy, key->second, report);
      if (!known.contains(id)) made.insert(id);
    }
  }
  vault.load_record();
  for (const LedgerId& id : made) {
    const bool certified =
        std::ranges::any_of(vault.record->ledgers.known,
                            [&](const CheckedLedger& ledger) { return ledger.name.id() == id; });
    if (certified) continue;
    std::error_code ignored;
    std::filesystem::remove_all(vault.ledger_directory() / id.hex(), ignored);
    report.news.push_back(ledger_label(id) + ": left out, no member vouches for its device");
  }
}

void Partners::keep_recoverable(const Charter& before) {
  Vault::State& vault = state();
  const Consortium& consortium = vault.record->consortium;
  const auto recovery = consortium.recoveries().find(vault.own_member());
  const CharterMember* then = before.find(vault.own_member());
  const CharterMember* now = consortium.charter().find(vault.own_member());
  if (recovery == consortium.recoveries().end() || then == nullptr || now == nullptr ||
      then->keys == now->keys || !vault.has_authority()) {
    return;
  }
  const std::vector<std::string> entries{
      recovery_entry(consortium, recovery->second.key, vault.environment.clock.now(),
                     vault.custodian(), vault.environment.random)};
  vault.append(consortium_collection, entries);
}

// A custodian lets the devices of new members read names, and their recovery words with them.
bool Partners::welcome(std::vector<std::string>& news) {
  Vault::State& vault = state();
  const Consortium& consortium = vault.record->consortium;
  const CharterMember* self = consortium.charter().find(vault.own_member());
  if (self == nullptr || !self->roles.has(Role::custodian) || !vault.has_authority() ||
      consortium.charter().thresholds.grant > 1) {
    return false;
  }
  const auto granted = remaining_grantees(consortium, consortium_collection, {});
  std::vector<std::string> entries;
  const auto add = [&](const Grantee& to) {
    if (granted.contains(to) && granted.at(to) == Rights::read) return;
    std::ranges::move(grant_entries(consortium, {consortium_collection, to}, built_in_keys(),
                                    vault.custodian(), vault.environment.random),
                      std::back_inserter(entries));
  };
  for (const auto& [id, device] : consortium.devices()) {
    if (consortium.is_active(id)) add(id);
  }
  for (const auto& [member, recipient] : consortium.recoveries()) {
    if (consortium.charter().find(member) != nullptr) add(member);
  }
  if (entries.empty()) return false;
  vault.append(consortium_collection, entries);
  news.emplace_back("what the consortium calls its members and devices was granted to new ones");
  return true;
}

bool Partners::hear(std::span<const Exchange> exchanges, AcceptReport& report) {
  Vault::State& vault = state();
  FileSystem& files = vault.environment.files;
  std::set<MemberId> unheard = find_unheard(files, vault.directory);
  if (unheard.empty()) return true;
  merge(exchanges, report);
  for (const Exchange& exchange : exchanges) {
    const auto device = vault.record->consortium.devices().find(exchange.from);
    if (device == vault.record->consortium.devices().end()) continue;
    unheard.erase(device->second.certificate.member);
  }
  save_unheard(files, vault.directory, unheard);
  for (const MemberId& member : unheard) {
    report.news.push_back("this vault was put back from a backup: the newest text of " +
                          escape(member_name(member)) + " is still needed");
  }
  return unheard.empty();
}

// The charter may come in a ledger; what is proposed may make it complete; and only then are the
// ledgers of a new member believed.
bool Partners::merge_and_adopt(std::span<const Exchange> exchanges, AcceptReport& report,
                               Activity& activity) {
  AcceptReport first;
  merge(exchanges, first);
  state().refresh(activity);
  report.entries += first.entries;
  std::ranges::move(first.damage, std::back_inserter(report.damage));
  if (!adopt(exchanges, report.news)) {
    std::ranges::move(first.news, std::back_inserter(report.news));
    return false;
  }
  state().refresh(activity);
  merge(exchanges, report);
  state().refresh(activity);
  return true;
}

AcceptReport Partners::accept(std::span<const std::string> texts,
                              const std::function<Credential()>& current, Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const auto permit = vault.begin({.act = access_act::exchange, .detail = "accept"}, activity);
  std::vector<Exchange> exchanges;
  for (const std::string& text : texts) exchanges.push_back(decode_or_throw(text));
  const std::unique_ptr<FileLock> held = vault.lock(activity);
  vault.refresh(activity);
  AcceptReport report;
  if (put_back(exchanges, report)) vault.refresh(activity);
  vault.require_same_ledgers();
  for (const Exchange& exchange : exchanges) {
    if (exchange.consortium == vault.identity().consortium) continue;
    if (exchanges.size() > 1) {
      throw Error(ErrorCode::usage, "the texts are of different consortia",
                  "take in an invitation alone");
    }
    vault.require_untouched_ledgers();
    return join(exchange, current, activity);
  }

  const std::vector<RecoveredEntry> recovered = vault.record->consortium.recovered();
  const std::size_t refused = vault.record->consortium.refused().size();
  const std::map<DeviceId, Device> devices = vault.record->consortium.devices();
  const Readable before = Readable::now(vault.opened->keys, vault.record->ledgers);
  if (!hear(exchanges, report)) {
    vault.refresh(activity);
    return report;
  }
  const Charter charter = vault.record->consortium.charter();
  const bool adopted = merge_and_adopt(exchanges, report, activity);
  keep_recoverable(charter);
  bool told = adopted || !report.damage.empty();
  note_charters(exchanges, report);
  for (const CollectionId& id : renew({}, before.sizes)) {
    told = true;
    report.news.push_back("a new epoch of " + vault.collection_name(id) +
                          " excludes everyone who was revoked");
  }
  told = welcome(report.news) || told;
  vault.refresh(activity);
  const Readable after = Readable::now(vault.opened->keys, vault.record->ledgers);
  if (has_opened_old_snapshots(before, after, vault.record->ledgers)) vault.make_catalog(activity);
  for (const RecoveredEntry& entry : vault.record->consortium.recovered()) {
    if (std::ranges::find(recovered, entry) != recovered.end()) continue;
    report.news.push_back(fmt::format("device {} of {} was recovered with its member's shares",
                                      vault.device_name(entry.device), member_name(entry.member)));
  }
  tell_journeys(devices, report.news);
  if (vault.record->consortium.refused().size() > refused) {
    report.news.emplace_back("some entries give no rights; 'muniment grants --audit' says which");
  }
  if (told) report.reply = encode(exchange_of({consortium_collection}));
  return report;
}

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
