// Travel mode. The order of writes is what makes it safe to interrupt: first the ledgers, which
// still open with the old reading key whatever is added to them; then the keyring, which is what
// decides; then the catalog, which can be made again.
#include <fmt/format.h>

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/consortium/travel.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// "bbc/desk", "bbc, by its recovery words".
std::string name_of(const Consortium& consortium, const Names& names, const Grantee& to) {
  const auto known = [](const auto& map, const auto& id) {
    const auto found = map.find(id);
    return found == map.end() ? id.hex() : found->second;
  };
  if (const auto* member = std::get_if<MemberId>(&to)) {
    return known(names.members, *member) + ", by its recovery words";
  }
  const DeviceId& device = std::get<DeviceId>(to);
  return known(names.members, consortium.devices().at(device).certificate.member) + "/" +
         known(names.devices, device);
}

// New keys to read with; what does not open anything stays.
ReadingKeys next_reading_keys(ReadingKeys old, Random& random) {
  ReadingKeys next = ReadingKeys::generate(random);
  next.authority = std::move(old.authority);
  next.unknown = std::move(old.unknown);
  return next;
}

}  // namespace

std::set<CollectionId> Vault::State::to_leave_behind(const TravelOptions& options) {
  std::set<CollectionId> chosen;
  for (const auto& [id, access] : unlocked().access) {
    if (options.without_all && id != consortium_collection) chosen.insert(id);
  }
  for (const std::string& name : options.without) chosen.insert(find_collection(name).id);
  if (chosen.empty()) {
    throw Error(ErrorCode::usage, "no collection is named that shall stay behind",
                "name some, or give --all");
  }
  if (chosen.size() > left_behind_max) {
    throw Error(ErrorCode::limit, "more than 1,024 collections cannot be left behind at once");
  }
  return chosen;
}

// The device's certificate for a new reading key: its other keys, and so its id, stay.
std::string Vault::State::certificate_for(const ReadingPublicKey& reading) {
  Random& random = environment.random;
  const Custodian self = custodian();
  const DeviceId& device = identity().device;
  Certificate certificate = record->consortium.devices().at(device).certificate;
  const SaltedName name = SaltedName::make(device_name(device), random);
  certificate.keys.reading = reading;
  certificate.name_digest = name.digest();
  certificate.created = environment.clock.now();
  const std::string text = encode(certificate);
  const LedgerName ledger{identity().consortium, consortium_collection, device};
  const EpochPublicKey& epoch = record->consortium.sealing_epoch(consortium_collection).public_key;
  return encode(
      DeviceEntry{text, approve(self.authority, self.member, approval_namespace::device, text),
                  seal_part(epoch, ledger, Act::device, encode_device_name(name), random)});
}

void Vault::State::append_journey(const std::set<CollectionId>& without, UnixSeconds until,
                                  const ReadingPublicKey& reading) {
  const auto rewrapped = [&](const CollectionId& id, const CollectionKeys& keys) {
    return rewrap_entries(record->consortium, id, keys, reading, environment.random);
  };
  for (const auto& [id, keys] : opened->keys) {
    if (id == consortium_collection || without.contains(id)) continue;
    append(id, rewrapped(id, keys));
  }
  // Last, and in one commit: from here on partners seal to the new key, and nothing of what stays
  // behind.
  std::vector<std::string> entries;
  const auto built_in = opened->keys.find(consortium_collection);
  if (built_in != opened->keys.end()) entries = rewrapped(consortium_collection, built_in->second);
  entries.push_back(certificate_for(reading));
  entries.push_back(encode(TravelEntry{identity().consortium, identity().device, until, without}));
  append(consortium_collection, entries);
}

TravelReport Vault::travel(const Credential& current, const TravelOptions& options,
                           const Credential& fresh, const Argon2idCost& cost, Activity& activity) {
  State& state = *x_state;
  auto& [files, clock, random] = state.environment;
  if (options.until <= clock.now()) {
    throw Error(ErrorCode::usage, "the journey is to end before it begins",
                "give a day that is still to come");
  }
  unlock(current, activity);
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.refresh(activity);
  state.require_untouched_ledgers();
  // Without names: whoever travels must not be able to read what stays behind.
  const auto permit = state.begin({.act = access_act::key, .detail = "travel"}, activity);
  const std::set<CollectionId> without = state.to_leave_behind(options);
  TravelReport report;
  for (const auto& [id, keys] : state.opened->keys) {
    const std::string name = state.collection_name(id);
    if (!without.contains(id)) {
      report.kept.push_back(name);
      continue;
    }
    TravelReport::LeftBehind left{name, {}};
    for (const Grantee& to :
         other_holders(state.record->consortium, id, keys, state.identity().device)) {
      left.holders.push_back(name_of(state.record->consortium, state.opened->names, to));
    }
    if (left.holders.empty()) {
      throw Error(ErrorCode::denied,
                  "collection " + escape(name) + ": nobody else holds all of its keys",
                  "grant it to another device with 'muniment grant', or give trustees shares with "
                  "'muniment key recovery split'");
    }
    report.left_behind.push_back(std::move(left));
  }

  LoadedKeyring loaded = load_keyring(files, state.directory, state.identity().vault);
  UnlockedKeyring before = loaded.keyring.unlock(current);
  VAULT_ASSERT(before.service && before.reading);  // unlock() took both
  ReadingKeys next = next_reading_keys(std::move(before.reading->keys), random);
  // Of two authority keys the one that the charter lists counts; another may be listed later.
  auto other = find_authority(files, state.directory, state.opened->reading.reading);
  if (state.opened->reading.authority) next.authority = state.opened->reading.authority->clone();
  std::set<CollectionId> all = without;
  if (const Journey* journey = state.journey()) {
    all.insert(journey->without.begin(), journey->without.end());
  }
  state.append_journey(all, options.until, public_key(next.reading));

  report.slots_closed = loaded.keyring.slots().size();
  UnlockedKeyring renewed =
      loaded.keyring.renew(std::move(before.service->keys), std::move(next), random);
  loaded.keyring.add_slot(fresh, {Compartments::both, cost}, renewed, random);
  save_keyring(files, state.directory, loaded.keyring);
  loaded.damaged_copies.clear();
  state.keyring = std::move(loaded);
  if (other) {
    save_authority(files, state.directory, renewed.reading->keys.reading, *other, random);
  }

  state.catalog.reset();
  state.opened.emplace(
      Opened{std::move(renewed.service->keys), std::move(renewed.reading->keys), {}, {}, {}, {}});
  // It is done, whatever becomes of the catalog.
  try {
    state.load_record();
    state.open_access();
    state.make_catalog(activity);
  } catch (const Error& error) {
    activity.notice(std::string("the catalog is made when the vault is next opened: ") +
                    error.what());
  }
  return report;
}

ReturnReport Vault::end_travel(const RecoverySeed* seed, Activity& activity) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.refresh(activity);
  state.require_untouched_ledgers();
  const DeviceId& device = state.identity().device;
  const auto journey = state.record->consortium.devices().at(device).journey;
  if (!journey || (journey->returned && seed == nullptr)) {
    throw Error(ErrorCode::usage, "this device does not travel",
                "'muniment key travel' is how it would begin");
  }
  const auto permit = state.begin({.act = access_act::key, .detail = "return"}, activity);
  std::optional<RecoverySecretKey> recovery;
  if (seed != nullptr) recovery = state.recovery_key(*seed);
  std::vector<std::string> entries;
  const ReadingPublicKey reading = public_key(state.opened->reading.reading);
  // A preparation that was cut off told partners of a key that nobody has.
  if (state.record->consortium.devices().at(device).certificate.keys.reading != reading) {
    entries.push_back(state.certificate_for(reading));
  }
  const UnixSeconds now = state.environment.clock.now();
  if (!journey->returned) {
    entries.push_back(encode(ReturnedEntry{state.identity().consortium, device, now}));
  }
  if (seed != nullptr) {
    entries.push_back(
        encode(RecoveredEntry{state.identity().consortium, state.own_member(), device, now}));
  }
  state.append(consortium_collection, entries);
  state.refresh(activity);
  if (recovery) state.grant_to_self(journey->without, *recovery);
  state.refresh(activity);
  ReturnReport report;
  for (const CollectionId& id : journey->without) {
    if (state.opened->keys.contains(id)) {
      report.restored.push_back(state.collection_name(id));
    } else {
      report.missing.push_back(id);
    }
  }
  return report;
}

void Vault::State::finish_keyring() {
  LoadedKeyring loaded = load_keyring(environment.files, directory, identity().vault);
  if (loaded.damaged_copies.empty()) return;
  repair_keyring(environment.files, directory, loaded);
  loaded.damaged_copies.clear();
  keyring = std::move(loaded);
}

RecoverySecretKey Vault::State::recovery_key(const RecoverySeed& seed) const {
  RecoverySecretKey key = recovery_secret_key(seed);
  const auto& recoveries = record->consortium.recoveries();
  const auto own = recoveries.find(own_member());
  if (own != recoveries.end() && own->second.key == public_key(key)) return key;
  throw Error(ErrorCode::wrong_key, "these words do not recover this vault's member",
              "only the sheet or the shares that were made last count");
}

// As far as the member may grant; the rest a custodian has to.
void Vault::State::grant_to_self(const std::set<CollectionId>& wanted,
                                 const RecoverySecretKey& recovery) {
  for (const CollectionId& id : wanted) {
    const auto keys = open_collection_keys(record->consortium, id, own_member(), recovery);
    if (!keys || opened->keys.contains(id)) continue;
    try {
      append(id, grant_entries(record->consortium, {id, identity().device}, *keys, custodian(),
                               environment.random));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;
    }
  }
}

}  // namespace muniment
