// Taking in texts: ledgers are merged, charters adopted, forks kept and told.
#include <fmt/format.h>

#include <algorithm>

#include "vault/consortium/quorum.hpp"
#include "vault/cosigner.hpp"
#include "vault/ledger/load.hpp"
#include "vault/log_keys.hpp"
#include "vault/partners.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

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

LedgerSizes ledger_sizes(const LedgerSet& set) {
  LedgerSizes sizes;
  for (const Ledger& ledger : set.ledgers) sizes[ledger.name().id()] = ledger.size();
  return sizes;
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
  report.damage.push_back(vault.describe_kept_fork(entry.fork.name));
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
      // What others said of its checkpoints is none the worse.
      const auto anchors = anchor_directory(vault.ledger_directory(), copy.name.id());
      const std::filesystem::path kept = aside / anchors.filename();
      if (std::filesystem::exists(kept)) std::filesystem::rename(kept, anchors);
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
  const LedgerSizes before = ledger_sizes(vault.record->ledgers);
  if (!hear(exchanges, report)) {
    vault.refresh(activity);
    return report;
  }
  const Charter charter = vault.record->consortium.charter();
  const bool adopted = merge_and_adopt(exchanges, report, activity);
  keep_recoverable(charter);
  bool told = adopted || !report.damage.empty();
  note_charters(exchanges, report);
  for (const CollectionId& id : renew({}, before)) {
    told = true;
    report.news.push_back("a new epoch of " + vault.collection_name(id) +
                          " excludes everyone who was revoked");
  }
  told = welcome(report.news) || told;
  vault.refresh(activity);
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

}  // namespace muniment
