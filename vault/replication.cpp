#include "vault/replication.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/consortium/certificate.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/forks.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/replication_own.hpp"

namespace muniment {

namespace {

std::vector<std::string> list_fork_files(FileSystem& files, const std::filesystem::path& vault) {
  std::vector<std::string> names = files.list(vault / "forks");
  std::ranges::sort(names);
  return names;
}

OnDisk look_at(FileSystem& files, const std::filesystem::path& vault) {
  OnDisk result;
  const std::filesystem::path ledgers = vault / "ledgers";
  for (const LedgerId& id : list_ledgers(files, ledgers)) {
    const auto size = files.file_size(ledgers / id.hex() / tail_format::first_copy);
    if (size) result.tails.emplace(id, *size);
  }
  result.forks = list_fork_files(files, vault);
  result.damaged = find_damaged_packs(files, vault);
  return result;
}

// Whether entries of this act say who may do what, so that everything has to be derived anew.
bool decides_rights(Act act) {
  return act != Act::packs && act != Act::snapshot && act != Act::unknown;
}

}  // namespace

Replication::Replication(Vault& vault, const Credential& credential) : x_vault(vault) {
  make_own(state().keyring.keyring.open_service(credential).keys);
}

Replication::Replication(Vault& vault) : x_vault(vault) {
  make_own(std::nullopt);
}

void Replication::make_own(std::optional<ServiceKeys> keys) {
  x_own = std::make_unique<Own>(std::move(keys), state());
  load();
  heal_ledgers();
  x_own->access.load();
}

Replication::~Replication() = default;

Vault::State& Replication::state() const {
  return *x_vault.x_state;
}

const ConsortiumId& Replication::consortium() const {
  return state().identity().consortium;
}

const DeviceId& Replication::device() const {
  return state().identity().device;
}

void Replication::record(const AccessEvent& event) {
  static const Unattended unattended;
  state()
      .make_journal(x_own->keys.log)
      ->event({.act = event.act, .detail = access_detail(event.detail)}, AccessOutcome::ok,
              unattended);
}

const TransportKey& Replication::transport_key() const {
  return x_own->keys.transport;
}

UnixSeconds Replication::now() const {
  return state().environment.clock.now();
}

Random& Replication::random() const {
  return state().environment.random;
}

FileSystem& Replication::files() const {
  return state().environment.files;
}

const std::filesystem::path& Replication::directory() const {
  return state().directory;
}

// ---- what is held ----

void Replication::load() {
  x_own->seen = look_at(files(), directory());
  state().load_record();
  load_packs();
  read_forks();
}

void Replication::read_forks() {
  x_own->forks.clear();
  for (ForkEntry& proof : list_forks(files(), directory())) {
    x_own->forks.emplace(proof.fork.name.id(), std::move(proof));
  }
  const std::map<LedgerId, LedgerName>& told = state().record->consortium.forks();
  for (const Ledger& ledger : ledgers()) {
    if (told.empty() || ledger.name().collection != consortium_collection) continue;
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const std::string entry = ledger.entry(i);
      if (act_of(entry) != Act::fork) continue;
      auto proof = decode_fork_entry(entry);
      if (!proof || !told.contains(proof->fork.name.id()) || !is_proof(*proof)) continue;
      x_own->forks.emplace(proof->fork.name.id(), std::move(*proof));
    }
  }
}

// Others' ledgers may not be written again for years, which would heal them.
void Replication::heal_ledgers() {
  const auto copy_size = [&](const LedgerName& name, std::string_view copy) {
    return files().file_size(state().ledger_directory() / name.id().hex() / copy);
  };
  std::vector<CheckedLedger> unlike = state().record->ledgers.known;
  std::erase_if(unlike, [&](const CheckedLedger& ledger) {
    return copy_size(ledger.name, tail_format::first_copy) ==
           copy_size(ledger.name, tail_format::second_copy);
  });
  const auto held_lock = unlike.empty() ? nullptr : state().try_lock();
  if (!held_lock) return;
  for (const CheckedLedger& ledger : unlike) {
    (void)LedgerWriter::open(files(), state().ledger_directory(), ledger.name, ledger.log);
    note_written(ledger.name);
  }
}

// What others wrote meanwhile stays news.
void Replication::note_written(const LedgerName& name) {
  const auto size =
      files().file_size(state().ledger_directory() / name.id().hex() / tail_format::first_copy);
  x_own->seen.tails[name.id()] = size.value_or(0);
}

bool Replication::refresh() {
  save_damage();
  if (look_at(files(), directory()) == x_own->seen) return false;
  load();
  return true;
}

void Replication::reload(const LedgerName& name, const VerifyKey<LogPurpose>& log,
                         std::uint64_t old_size) {
  auto ledger = Ledger::find(files(), state().ledger_directory(), name, log);
  VAULT_ASSERT(ledger);
  for (std::uint64_t i = old_size; i < ledger->size(); ++i) {
    if (!decides_rights(act_of(ledger->entry(i)))) continue;
    load();
    state().keep_adopted();
    return;
  }
  LedgerSet& set = state().record->ledgers;
  std::erase_if(set.ledgers, [&](const Ledger& each) { return each.name() == name; });
  const auto is_known = [&](const CheckedLedger& each) { return each.name == name; };
  if (std::ranges::none_of(set.known, is_known)) set.known.push_back({name, log});
  set.ledgers.push_back(std::move(*ledger));
  read_packs(set.ledgers.back(), old_size);
  note_written(name);
}

const std::vector<Ledger>& Replication::ledgers() const {
  return state().record->ledgers.ledgers;
}

const Ledger* Replication::find_ledger(const LedgerName& name) const {
  const auto found =
      std::ranges::find_if(ledgers(), [&](const Ledger& each) { return each.name() == name; });
  return found == ledgers().end() ? nullptr : &*found;
}

// ---- rights and keys ----

std::optional<DeviceId> Replication::find_device(const VerifyKey<TransportPurpose>& key) const {
  const Consortium& now = state().record->consortium;
  for (const auto& [id, known] : now.devices()) {
    if (known.certificate.keys.transport == key && now.is_active(id)) return id;
  }
  return std::nullopt;
}

bool may_have(const Consortium& consortium, const DeviceId& device,
              const CollectionId& collection) {
  if (!consortium.is_active(device)) return false;
  if (collection == consortium_collection || is_access_collection(collection)) return true;
  const auto found = consortium.collections().find(collection);
  if (found == consortium.collections().end()) return false;
  return std::ranges::any_of(found->second.grants, [&](const ApprovedGrant& approved) {
    const auto* to = std::get_if<DeviceId>(&approved.grant.to);
    return approved.standing == Standing::counts && to != nullptr && *to == device;
  });
}

bool Replication::may_have(const DeviceId& device, const CollectionId& collection) const {
  return muniment::may_have(state().record->consortium, device, collection);
}

std::vector<CollectionId> Replication::collections() const {
  std::set<CollectionId> result;
  for (const auto& [id, collection] : state().record->consortium.collections()) result.insert(id);
  for (const LedgerName& log : access_logs()) result.insert(log.collection);
  return {result.begin(), result.end()};
}

std::optional<NoteKey<LogPurpose>> Replication::log_key(const LedgerName& name) const {
  const auto& devices = state().record->consortium.devices();
  const auto found = devices.find(name.device);
  if (found == devices.end()) return std::nullopt;
  return name.note_key(found->second.certificate.keys.log);
}

std::optional<NoteKey<LogPurpose>> Replication::vouched_key(
    const LedgerName& name, std::span<const std::string> entries) const {
  const Consortium& now = state().record->consortium;
  for (const std::string& text : entries) {
    const auto entry = decode_device_entry(text);
    const auto certificate = entry ? decode_certificate(entry->text) : std::nullopt;
    if (!certificate || certificate->consortium != now.id()) continue;
    if (certificate->keys.id() != name.device) continue;
    const ApprovalRule rule = approval_of(certificate->member, approval_namespace::device);
    const auto vouches = [&](const ApprovedCharter& known) {
      return !check_approvals(known.charter, rule, entry->text, {&entry->approval, 1});
    };
    if (std::ranges::none_of(now.charters(), vouches)) continue;
    return name.note_key(certificate->keys.log);
  }
  return std::nullopt;
}

bool Replication::is_granted_by(const std::string& entry, const CollectionId& collection) const {
  const auto approved = decode_grant_entry(entry);
  const auto grant = approved ? decode_grant(approved->text) : std::nullopt;
  if (!grant || grant->consortium != consortium() || grant->collection != collection) return false;
  const auto* to = std::get_if<DeviceId>(&grant->to);
  if (to == nullptr || *to != device()) return false;
  const Consortium& now = state().record->consortium;
  const std::vector<CharterRef> refs = now.charter_refs();
  const auto named = std::ranges::find(refs, grant->charter);
  if (named == refs.end()) return false;
  const auto number = static_cast<std::size_t>(named - refs.begin());
  const Charter& charter = now.charters()[number].charter;
  return !check_approvals(charter, approval_of_custodians(charter), approved->text,
                          approved->approvals);
}

bool Replication::admits(const LedgerName& name, std::span<const std::string> entries) const {
  if (is_access_collection(name.collection)) return x_own->access.admits(name);
  if (may_have(device(), name.collection)) return true;
  const auto is_of_collection = [&](const Ledger& ledger) {
    return ledger.name().collection == name.collection;
  };
  if (std::ranges::any_of(ledgers(), is_of_collection)) return true;
  return std::ranges::any_of(
      entries, [&](const std::string& entry) { return is_granted_by(entry, name.collection); });
}

// ---- what comes ----

std::unique_ptr<FileLock> Replication::lock() const {
  auto lock = state().try_lock();
  if (!lock) {
    throw Error(ErrorCode::busy, "another process is writing to this vault", "wait for it to end");
  }
  return lock;
}

void Replication::append(const LedgerName& name, std::span<const std::string> entries,
                         const SignedNote& note) {
  auto log = log_key(name);
  if (!log) log = vouched_key(name, entries);
  if (!log) {
    throw Error(ErrorCode::denied,
                ledger_label(name.id()) + ": no member vouches for the device that writes it");
  }
  if (x_own->forks.contains(name.id()) || state().record->frozen.contains(name.id())) {
    throw Error(ErrorCode::damaged, state().describe_fork(name));
  }
  if (is_access_collection(name.collection)) return append_access(name, entries, note);
  const Ledger* held = find_ledger(name);
  const std::uint64_t old_size = held == nullptr ? 0 : held->size();
  const auto held_lock = lock();
  {
    LedgerWriter writer = LedgerWriter::open(files(), state().ledger_directory(), name, log->key);
    if (writer.ledger().size() != old_size) {
      throw Error(ErrorCode::busy, ledger_label(name.id()) + ": another process wrote to it");
    }
    if (name.device == device() || !may_cosign()) {
      writer.append(entries, note);
    } else {
      std::vector<Sha256Digest> leaves = writer.ledger().leaves();
      for (const std::string& entry : entries) leaves.push_back(leaf_hash(as_bytes(entry)));
      writer.append(entries, x_own->cosigner.cosign(*log, note, leaves));
    }
  }
  reload(name, log->key, old_size);
}

// ---- forks ----

const std::map<LedgerId, ForkEntry>& Replication::forks() const {
  return x_own->forks;
}

void Replication::keep_fork(LedgerFork fork) {
  const auto& devices = state().record->consortium.devices();
  const auto known = devices.find(fork.name.device);
  VAULT_ASSERT(known != devices.end());
  const NoteKey<LogPurpose> log = fork.name.note_key(known->second.certificate.keys.log);
  for (SignedNote* note : {&fork.earlier, &fork.later}) *note = log_signature_alone(*note, log);
  ForkEntry proof{known->second.certificate.keys, std::move(fork)};
  state().freeze(proof);
  x_own->forks.emplace(proof.fork.name.id(), std::move(proof));
  x_own->seen.forks = list_fork_files(files(), directory());
}

}  // namespace muniment
