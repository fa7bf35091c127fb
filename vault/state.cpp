#include "vault/state.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/base/lock_wait.hpp"
#include "vault/consortium/deposit.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/snapshot/follow.hpp"

namespace muniment {

namespace {

std::string_view to_text(CatalogState state) {
  switch (state) {
    case CatalogState::absent:
      return "missing";
    case CatalogState::outdated:
      return "of another version";
    case CatalogState::foreign:
      return "of another vault";
    case CatalogState::wrong_key:
      return "sealed with another key, or damaged";
    case CatalogState::damaged:
      return "damaged";
    case CatalogState::current:
      break;
  }
  return "current";
}

bool is_listed(const CharterMember& member, const AuthorityKey& key) {
  const SshPublicKey wanted{SshKeyKind::ed25519, verify_key(key), {}};
  return std::ranges::find(member.keys, wanted) != member.keys.end();
}

}  // namespace

Vault::State::State(Environment environment_, std::filesystem::path directory_, FoundMarker marker_,
                    LoadedKeyring keyring_)
    : environment(environment_),
      directory(std::move(directory_)),
      marker(std::move(marker_)),
      keyring(std::move(keyring_)),
      store(environment.files, directory, DirectoryStore::Access::read) {
  if (!marker.damage.empty()) warnings.push_back("the vault's marker file is " + marker.damage);
  for (const std::string& copy : keyring.damaged_copies) warnings.push_back(copy);
}

std::unique_ptr<FileLock> Vault::State::try_lock() {
  return environment.files.try_lock(directory / marker_name);
}

std::unique_ptr<FileLock> Vault::State::lock(const Activity& activity) {
  constexpr std::chrono::milliseconds between_tries{50};
  auto held = wait_for_lock(environment.files, directory / marker_name, {lock_wait, between_tries},
                            activity);
  if (held) return held;
  throw Error(ErrorCode::busy,
              escape(directory.native()) + ": another process is writing to this vault",
              "wait for it to end, or give it more time with --wait SECONDS");
}

void Vault::State::load_record() {
  LedgerSet ledgers = load_ledgers(environment.files, ledger_directory(), identity().consortium);
  // Without the consortium's own ledger nothing can be made of the others: say what became of it.
  const bool founded = std::ranges::any_of(ledgers.ledgers, [](const Ledger& ledger) {
    return ledger.name().collection == consortium_collection;
  });
  if (!founded && !ledgers.damage.empty()) {
    const Damage& damage = ledgers.damage.front();
    throw Error(ErrorCode::damaged, damage.object + ": " + damage.cause,
                "put this ledger back from a copy of the vault");
  }
  AdoptedCharters adopted = find_adopted(environment.files, directory, identity().consortium);
  Consortium consortium =
      Consortium::replay(identity().consortium, ledgers.pointers(), adopted.charters);
  if (adopted.damaged) ledgers.warnings.emplace_back("the list of adopted charters is damaged");
  if (const auto& missing = consortium.missing_charter()) {
    ledgers.damage.push_back({fmt::format("charter {}", missing->number),
                              "it was in force here, and no ledger that can be read has it",
                              false,
                              {}});
  }
  drop_uncertified(ledgers, consortium);
  std::map<LedgerId, LedgerName> frozen = consortium.forks();
  for (const ForkEntry& proof : list_forks(environment.files, directory)) {
    frozen.emplace(proof.fork.name.id(), proof.fork.name);
  }
  record.emplace(
      Record{std::move(ledgers), std::move(consortium), std::move(frozen), std::move(adopted)});
}

void Vault::State::keep_adopted() {
  const Consortium& consortium = record->consortium;
  AdoptedCharters& adopted = record->adopted;
  if (consortium.charters().size() <= adopted.charters.size()) return;
  adopted = {consortium.charter_refs(), false};
  save_adopted(environment.files, directory, identity().consortium, adopted.charters);
}

void Vault::State::use_listed_authority() {
  const Device* own = own_device();
  if (own == nullptr) return;
  const CharterMember* member = record->consortium.charter().find(own->certificate.member);
  auto fresh = find_authority(environment.files, directory, opened->reading.reading);
  if (member != nullptr && fresh && is_listed(*member, *fresh)) {
    opened->reading.authority = std::move(fresh);
  }
}

void Vault::State::open_access() {
  use_listed_authority();
  opened->refused_grants.clear();
  opened->keys = open_all_collections(record->consortium, identity().device,
                                      opened->reading.reading, &opened->refused_grants);
  opened->names = open_names(record->consortium, opened->keys);
  opened->access = make_access(opened->keys, opened->names);
  opened->deposits = find_deposits(record->consortium, identity().device, opened->reading.reading);
}

void Vault::State::open_catalog(bool locked, Activity& activity) {
  const CatalogOwner owner{identity().vault, identity().consortium};
  CatalogOpening opening = Catalog::open(catalog_path(), opened->reading.catalog, owner,
                                         locked ? DatabaseAccess::write : DatabaseAccess::read);
  if (opening.state == CatalogState::current) {
    catalog = std::make_unique<OpenCatalog>(std::move(*opening.catalog));
    try {
      catch_up(locked, activity);
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      opening.state = CatalogState::damaged;
    }
  }
  std::unique_ptr<FileLock> held;
  if (!locked) {
    held = lock(activity);
    load_record();
    open_access();
  }
  activity.notice(fmt::format("the catalog is {}; it is made again from the ledgers and packs",
                              to_text(opening.state)));
  make_catalog(activity);
}

void Vault::State::catch_up(bool locked, Activity& activity) {
  rewritten = find_rewritten();
  if (!rewritten.empty()) {
    // A writer may have gone on between our reading of the ledgers and of the catalog.
    load_record();
    open_access();
    rewritten = find_rewritten();
  }
  for (const Damage& ledger : rewritten) activity.notice(ledger.object + ": " + ledger.cause);
  if (!locked || !rewritten.empty()) return;
  follow(activity);
  Catalog::Update update = catalog->catalog.update();
  static_cast<void>(update.drop_unlisted_packs());
  update.commit();
}

std::vector<Damage> Vault::State::find_rewritten() {
  const std::vector<const Ledger*> ledgers = record->ledgers.pointers();
  return find_rewritten_ledgers({ledgers, opened->access, store, catalog->catalog});
}

bool Vault::State::is_cut_off() const {
  const DeviceId& device = identity().device;
  return record->consortium.devices().contains(device) && !record->consortium.is_active(device);
}

void Vault::State::require_active() const {
  for (const auto& [id, name] : record->frozen) {
    // Another access log can be begun (audit/FORMAT.md §7).
    if (name.device != identity().device || is_access_collection(name.collection)) continue;
    throw Error(ErrorCode::damaged, describe_fork(name),
                "make a new device with 'muniment key recovery restore --from TEXT --vault DIR', "
                "and have this one revoked");
  }
  if (!is_cut_off()) return;
  throw Error(ErrorCode::denied,
              "this device was revoked, or its member left: nothing that it writes counts for "
              "anybody any more",
              members_with(Role::custodian));
}

void Vault::State::require_untouched_ledgers() const {
  require_same_ledgers();
  require_active();
  const std::set<MemberId> unheard = find_unheard(environment.files, directory);
  if (unheard.empty()) return;
  std::vector<std::string> names;
  for (const MemberId& member : unheard) {
    const auto known = opened->names.members.find(member);
    names.push_back(known == opened->names.members.end() ? member.hex() : escape(known->second));
  }
  std::ranges::sort(names);
  throw Error(
      ErrorCode::denied,
      "this vault was put back from a backup, and its device may have written more since "
      "then: going on from here would be a second history",
      fmt::format("take in the newest text of each of: {}, with 'muniment accept FILE'; if "
                  "no partner can have seen more than this vault has, 'muniment key resume'",
                  fmt::join(names, ", ")));
}

void Vault::State::require_same_ledgers() const {
  if (rewritten.empty()) return;
  throw Error(
      ErrorCode::damaged, rewritten.front().object + ": " + rewritten.front().cause,
      "put the ledger back from a backup or a partner; 'muniment catalog rebuild' accepts what "
      "is there");
}

void Vault::State::make_catalog(Activity& activity) {
  catalog.reset();
  rewritten.clear();
  catalog = std::make_unique<OpenCatalog>(
      Catalog::create(environment.files, catalog_path(), opened->reading.catalog,
                      {identity().vault, identity().consortium}, environment.random));
  follow(activity);
}

void Vault::State::follow(Activity& activity) {
  const std::vector<const Ledger*> ledgers = record->ledgers.pointers();
  follow_ledgers({ledgers, opened->access, store, catalog->catalog}, activity);
}

void Vault::State::refresh(Activity& activity) {
  load_record();
  keep_adopted();
  open_access();
  catalog.reset();
  open_catalog(true, activity);
}

Opened& Vault::State::unlocked() {
  if (!opened || !catalog) {
    throw Error(ErrorCode::denied, escape(directory.native()) + ": the vault is locked",
                "give a passphrase or a key file");
  }
  return *opened;
}

const Device* Vault::State::own_device() const {
  const auto own = record->consortium.devices().find(identity().device);
  return own == record->consortium.devices().end() ? nullptr : &own->second;
}

const MemberId& Vault::State::own_member() const {
  if (const Device* own = own_device()) return own->certificate.member;
  throw Error(ErrorCode::denied, "no charter in force here lists the member of this device",
              "take in the newest text of a partner with 'muniment accept FILE'");
}

bool Vault::State::has_authority() const {
  if (!opened->reading.authority) return false;
  const CharterMember* member = record->consortium.charter().find(own_member());
  return member == nullptr || is_listed(*member, *opened->reading.authority);
}

Custodian Vault::State::custodian() const {
  if (!opened->reading.authority) {
    throw Error(ErrorCode::denied, "the member's authority key is not on this device",
                "do it on the device that has the key");
  }
  if (!has_authority()) {
    throw Error(ErrorCode::denied,
                "the charter in force does not list the authority key of this device",
                "do it on the device that has the member's new key");
  }
  return {own_member(), *opened->reading.authority};
}

void Vault::State::append(const CollectionId& collection, std::span<const std::string> entries) {
  const LogKey& log = opened->service.log;
  LedgerWriter writer =
      LedgerWriter::open(environment.files, ledger_directory(),
                         {identity().consortium, collection, identity().device}, verify_key(log));
  writer.append(entries, log);
}

const Journey* Vault::State::journey() const {
  const Device* own = own_device();
  if (own == nullptr) return nullptr;
  const std::optional<Journey>& journey = own->journey;
  return journey && !journey->returned ? &*journey : nullptr;
}

void Vault::State::freeze(const ForkEntry& proof) {
  save_fork(environment.files, directory, proof);
  record->frozen.emplace(proof.fork.name.id(), proof.fork.name);
}

}  // namespace muniment
