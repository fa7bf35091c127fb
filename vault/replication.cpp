#include "vault/replication.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/consortium/certificate.hpp"
#include "vault/forks.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/note/cosignature.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// What tells that somebody else wrote: bytes of each ledger's tail, and the fork proofs.
struct OnDisk {
  std::map<LedgerId, std::uint64_t> tails;
  std::vector<std::string> forks;

  friend bool operator==(const OnDisk&, const OnDisk&) = default;
};

OnDisk look_at(FileSystem& files, const std::filesystem::path& vault) {
  OnDisk result;
  const std::filesystem::path ledgers = vault / "ledgers";
  for (const LedgerId& id : list_ledgers(files, ledgers)) {
    const auto size = files.file_size(ledgers / id.hex() / tail_format::first_copy);
    if (size) result.tails.emplace(id, *size);
  }
  result.forks = files.list(vault / "forks");
  std::ranges::sort(result.forks);
  return result;
}

// Whether entries of this act say who may do what, so that everything has to be derived anew.
bool decides_rights(Act act) {
  return act != Act::packs && act != Act::snapshot && act != Act::unknown;
}

}  // namespace

struct Replication::Own {
  Own(std::optional<ServiceKeys> given, Vault::State& vault)
      : opened(std::move(given)),
        keys(opened ? *opened : vault.unlocked().service),
        partial(vault.environment.files, vault.directory / "tmp"),
        store(vault.environment.files, vault.directory, DirectoryStore::Access::read) {}

  std::optional<ServiceKeys> opened;  // by this object; else the vault has them
  const ServiceKeys& keys;
  PartialPacks partial;
  DirectoryStore store;
  std::set<std::pair<CollectionId, PackId>> listed;
  std::set<MissingPack> missing;
  std::set<PackId> stored;
  std::map<LedgerId, ForkEntry> forks;
  OnDisk seen;
};

std::string witness_name(const ConsortiumId& consortium, const DeviceId& device) {
  return "muniment/" + consortium.hex() + "/" + device.hex();
}

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
  x_own->stored.clear();
  for (const std::string& key : x_own->store.list("packs/")) {
    if (const auto id = pack_id_from_key(key)) x_own->stored.insert(*id);
  }
  x_own->listed.clear();
  x_own->missing.clear();
  for (const Ledger& ledger : ledgers()) read_packs(ledger, 0);
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
  }
  x_own->seen = look_at(files(), directory());
}

bool Replication::refresh() {
  if (look_at(files(), directory()) == x_own->seen) return false;
  load();
  return true;
}

void Replication::read_packs(const Ledger& ledger, std::uint64_t from) {
  const CollectionId& collection = ledger.name().collection;
  for (std::uint64_t i = from; i < ledger.size(); ++i) {
    const std::string entry = ledger.entry(i);
    if (act_of(entry) != Act::packs) continue;
    const auto packs = decode_packs(entry);
    if (!packs) continue;
    for (const PackRef& pack : packs->packs) {
      x_own->listed.emplace(collection, pack.id);
      if (!x_own->stored.contains(pack.id)) {
        x_own->missing.insert({pack.id, collection, pack.size_class});
      }
    }
  }
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
  x_own->seen = look_at(files(), directory());
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

bool Replication::may_have(const DeviceId& device, const CollectionId& collection) const {
  const Consortium& now = state().record->consortium;
  if (!now.is_active(device)) return false;
  if (collection == consortium_collection) return true;
  const auto found = now.collections().find(collection);
  if (found == now.collections().end()) return false;
  return std::ranges::any_of(found->second.grants, [&](const ApprovedGrant& approved) {
    const auto* to = std::get_if<DeviceId>(&approved.grant.to);
    return approved.standing == Standing::counts && to != nullptr && *to == device;
  });
}

std::vector<CollectionId> Replication::collections() const {
  std::vector<CollectionId> result;
  for (const auto& [id, collection] : state().record->consortium.collections()) {
    result.push_back(id);
  }
  return result;
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
  if (may_have(device(), name.collection)) return true;
  const auto is_of_collection = [&](const Ledger& ledger) {
    return ledger.name().collection == name.collection;
  };
  if (std::ranges::any_of(ledgers(), is_of_collection)) return true;
  return std::ranges::any_of(
      entries, [&](const std::string& entry) { return is_granted_by(entry, name.collection); });
}

std::vector<NoteKey<WitnessPurpose>> Replication::witnesses() const {
  const Consortium& now = state().record->consortium;
  std::vector<NoteKey<WitnessPurpose>> result;
  for (const auto& [id, known] : now.devices()) {
    const CharterMember* member = now.charter().find(known.certificate.member);
    if (!now.is_active(id) || member == nullptr || !member->roles.has(Role::witness)) continue;
    result.push_back({witness_name(now.id(), id), known.certificate.keys.witness});
  }
  return result;
}

// Not before it is known what partners saw of a vault that was put back: it may have cosigned what
// it does not remember.
bool Replication::may_cosign() const {
  if (!find_unheard(files(), directory()).empty()) return false;
  const std::string own = witness_name(consortium(), device());
  const auto all = witnesses();
  return std::ranges::find(all, own, &NoteKey<WitnessPurpose>::name) != all.end();
}

// ---- what comes ----

SignedNote Replication::cosigned(const LedgerName& name, const SignedNote& note) const {
  SignedNote result = note;
  if (name.device == device() || !may_cosign()) return result;
  // The ledger only grows, and each of its checkpoints is signed in the commit that takes it: so
  // this is the largest, and nothing else of its size was ever signed.
  result.signatures.push_back(cosign(note, witness_name(consortium(), device()),
                                     x_own->keys.witness, state().environment.clock.now()));
  return result;
}

std::vector<LedgerName> Replication::cosign_held() {
  std::vector<LedgerName> result;
  if (!may_cosign()) return result;
  const std::string own = witness_name(consortium(), device());
  for (const Ledger& ledger : ledgers()) {
    const bool is_signed =
        std::ranges::find(ledger.checkpoint().signatures, own, &NoteSignature::name) !=
        ledger.checkpoint().signatures.end();
    if (is_signed || ledger.name().device == device() || !log_key(ledger.name())) continue;
    if (!x_own->forks.contains(ledger.name().id())) result.push_back(ledger.name());
  }
  const auto held_lock = result.empty() ? nullptr : state().try_lock();
  if (!held_lock) return {};
  for (const LedgerName& name : result) {
    const VerifyKey<LogPurpose> log = log_key(name)->key;
    LedgerWriter writer = LedgerWriter::open(files(), state().ledger_directory(), name, log);
    const std::uint64_t size = find_ledger(name)->size();
    if (writer.ledger().size() != size) continue;  // another process was faster
    writer.add_cosigned(cosigned(name, writer.ledger().checkpoint()));
    reload(name, log, size);
  }
  return result;
}

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
  if (x_own->forks.contains(name.id())) {
    throw Error(ErrorCode::damaged, state().describe_fork(name));
  }
  const Ledger* held = find_ledger(name);
  const std::uint64_t old_size = held == nullptr ? 0 : held->size();
  const auto held_lock = lock();
  {
    LedgerWriter writer = LedgerWriter::open(files(), state().ledger_directory(), name, log->key);
    if (writer.ledger().size() != old_size) {
      throw Error(ErrorCode::busy, ledger_label(name.id()) + ": another process wrote to it");
    }
    writer.append(entries, cosigned(name, note));
  }
  reload(name, log->key, old_size);
}

std::size_t Replication::take_cosignatures(const LedgerName& name, const SignedNote& note) {
  const Ledger* held = find_ledger(name);
  const auto log = log_key(name);
  if (held == nullptr || !log || held->checkpoint().text != note.text) return 0;
  SignedNote merged = held->checkpoint();
  const std::size_t before = merged.signatures.size();
  for (const NoteKey<WitnessPurpose>& witness : witnesses()) {
    const auto is_its = [&](const NoteSignature& line) { return line.name == witness.name; };
    if (std::ranges::any_of(merged.signatures, is_its)) continue;
    const auto line = std::ranges::find_if(note.signatures, is_its);
    if (line == note.signatures.end()) continue;
    merged.signatures.push_back(*line);
    const auto opened = open_cosigned(merged, *log, {&witness, 1});
    if (!opened || opened->cosignatures.empty()) merged.signatures.pop_back();
  }
  const std::size_t added = merged.signatures.size() - before;
  if (added > 0) add_signatures(name, merged);
  return added;
}

void Replication::add_signatures(const LedgerName& name, const SignedNote& note) {
  const Ledger* held = find_ledger(name);
  const auto log = log_key(name);
  VAULT_ASSERT(held != nullptr && log);
  const std::uint64_t size = held->size();
  const auto held_lock = lock();
  LedgerWriter::open(files(), state().ledger_directory(), name, log->key).add_cosigned(note);
  reload(name, log->key, size);
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
  x_own->seen = look_at(files(), directory());
}

// ---- packs ----

bool Replication::is_listed(const CollectionId& collection, const PackId& pack) const {
  return x_own->listed.contains({collection, pack});
}

std::vector<MissingPack> Replication::missing(const MissingPack& after, std::size_t count) const {
  std::vector<MissingPack> result;
  for (auto at = x_own->missing.upper_bound(after); at != x_own->missing.end(); ++at) {
    if (result.size() == count) break;
    result.push_back(*at);
  }
  return result;
}

bool Replication::is_missing(const PackId& pack) const {
  const auto found = x_own->missing.lower_bound({pack, {}, 0});
  return found != x_own->missing.end() && found->pack == pack;
}

std::size_t Replication::count_missing() const {
  std::size_t count = 0;
  const PackId* last = nullptr;
  for (const MissingPack& each : x_own->missing) {
    if (last == nullptr || *last != each.pack) ++count;
    last = &each.pack;
  }
  return count;
}

std::optional<PackClass> Replication::find_class(const PackId& pack) const {
  const auto size = x_own->store.stat(pack_key(pack));
  return size ? pack_class_of_file(*size) : std::nullopt;
}

std::optional<PackTile> Replication::read_tile(const PackId& pack) const {
  const auto size_class = find_class(pack);
  if (!size_class) return std::nullopt;
  Bytes bytes(pack_format::tile_bytes);
  const auto read = x_own->store.get_range(pack_key(pack), body_bytes(*size_class), bytes);
  if (read != bytes.size()) return std::nullopt;
  return decode_pack_tile(bytes);
}

std::optional<Bytes> Replication::read_shards(const PackId& pack, std::size_t first,
                                              std::size_t count) const {
  const auto size_class = find_class(pack);
  if (!size_class || first + count > pack_format::shards) return std::nullopt;
  const std::size_t size = shard_bytes(*size_class);
  Bytes bytes(count * size);
  const auto read = x_own->store.get_range(pack_key(pack), first * size, bytes);
  if (read != bytes.size()) return std::nullopt;
  return bytes;
}

PartialPacks& Replication::partial_packs() {
  return x_own->partial;
}

bool Replication::finish(const PackId& pack) {
  if (!x_own->partial.finish(pack, x_own->store)) return false;
  x_own->stored.insert(pack);
  auto way = x_own->missing.lower_bound({pack, {}, 0});
  while (way != x_own->missing.end() && way->pack == pack) way = x_own->missing.erase(way);
  return true;
}

}  // namespace muniment
