// Granting, revoking, and looking at who may do what.
#include <fmt/format.h>

#include <algorithm>

#include "vault/partners.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// As the access log says it: a member, or one of its devices.
std::string whom(const std::string& member, const std::string& device) {
  return access_detail(device.empty() ? member : member + "/" + device);
}

// By which a device's accepted ledgers are fixed: what is known of them now.
LedgerSizes known_sizes(const LedgerSet& set, const DeviceId& device) {
  LedgerSizes sizes;
  for (const Ledger& ledger : set.ledgers) {
    if (ledger.name().device == device) sizes.emplace(ledger.name().id(), ledger.size());
  }
  return sizes;
}

bool is_present(const Consortium& consortium, const Grantee& to) {
  if (const auto* device = std::get_if<DeviceId>(&to)) return consortium.is_active(*device);
  return consortium.charter().find(std::get<MemberId>(to)) != nullptr;
}

// What one grantee has of a collection by all of its grants.
void add_grant(GrantInfo& info, const Grant& grant, bool first) {
  const std::uint32_t from = grant.rights == Rights::read && grant.history ? 1 : grant.epoch;
  info.rights = first ? grant.rights : std::min(info.rights, grant.rights);
  info.first_epoch = first ? from : std::min(info.first_epoch, from);
  info.last_epoch = std::max(info.last_epoch, grant.epoch);
}

}  // namespace

std::vector<GrantInfo> Partners::grants(const std::optional<std::string>& collection) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const Consortium& consortium = vault.record->consortium;
  std::vector<GrantInfo> infos;
  std::map<CollectionId, std::string> known = vault.opened->deposits;
  for (const auto& [id, access] : vault.opened->access) known.emplace(id, access.name);
  for (const auto& [id, name] : known) {
    if (collection && name != *collection) continue;
    const Collection& facts = consortium.collections().at(id);
    std::map<Grantee, GrantInfo> by_grantee;
    for (const ApprovedGrant& approved : facts.grants) {
      const auto [at, first] = by_grantee.try_emplace(approved.grant.to);
      add_grant(at->second, approved.grant, first);
    }
    for (auto& [to, info] : by_grantee) {
      info.collection = name;
      if (const auto* device = std::get_if<DeviceId>(&to)) {
        info.device = vault.device_name(*device);
        const auto certified = consortium.devices().find(*device);
        if (certified != consortium.devices().end()) {
          info.member = member_name(certified->second.certificate.member);
        }
      } else {
        info.member = member_name(std::get<MemberId>(to));
      }
      const Epoch* newest = facts.newest();
      info.present =
          is_present(consortium, to) && newest != nullptr && info.last_epoch == newest->number;
      infos.push_back(std::move(info));
    }
  }
  if (collection && infos.empty()) static_cast<void>(vault.find_collection(*collection));
  std::ranges::sort(infos, {}, [](const GrantInfo& info) {
    return std::tuple(info.collection, info.member, info.device);
  });
  return infos;
}

std::vector<std::string> Partners::audit() {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  std::vector<std::string> found;
  const auto add = [&](const RefusedEntry& refused) {
    std::string by = "?";
    for (const CheckedLedger& ledger : vault.record->ledgers.known) {
      if (ledger.name.id() != refused.ledger) continue;
      const auto device = vault.record->consortium.devices().find(ledger.name.device);
      if (device == vault.record->consortium.devices().end()) continue;
      by = member_name(device->second.certificate.member) + "/" +
           vault.device_name(ledger.name.device);
    }
    found.push_back(fmt::format("ledger {} entry {} ({}): {}", refused.ledger.hex(), refused.index,
                                by, to_text(refused.refusal)));
  };
  for (const RefusedEntry& refused : vault.record->consortium.refused()) add(refused);
  for (const RefusedEntry& refused : vault.opened->refused_grants) add(refused);
  return found;
}

Partners::GrantReport Partners::grant(const GrantRequest& request, Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const std::unique_ptr<FileLock> held = vault.lock(activity);
  vault.refresh(activity);
  vault.require_untouched_ledgers();
  const CollectionId id = vault.find_collection(request.collection).id;
  const auto permit = vault.begin(
      {.act = access_act::grant, .collection = id, .detail = whom(request.member, request.device)},
      activity);
  const MemberId member = find_member(request.member);
  const Consortium& consortium = vault.record->consortium;
  std::vector<Grantee> to;
  for (const DeviceId& device : find_devices(member, request.device)) to.emplace_back(device);
  const bool with_recovery = request.device.empty() && request.rights == Rights::read &&
                             consortium.recoveries().contains(member);
  if (with_recovery) to.emplace_back(member);

  const Custodian by = vault.custodian();
  // Whoever reads opens the collection's own record; a replica needs no name.
  const std::string label =
      request.rights == Rights::deposit ? vault.collection_name(id) : std::string();
  GrantReport report;
  std::vector<std::string> entries;
  for (const Grantee& grantee : to) {
    std::ranges::move(vault.explain_denied([&] {
      return grant_entries(consortium, {id, grantee, request.rights, request.history, label},
                           vault.opened->keys.at(id), by, vault.environment.random);
    }),
                      std::back_inserter(entries));
    const auto* device = std::get_if<DeviceId>(&grantee);
    report.granted.push_back(member_name(member) + (device != nullptr
                                                        ? "/" + vault.device_name(*device)
                                                        : ", by its recovery words"));
  }
  vault.append(id, entries);
  vault.refresh(activity);
  report.text = text_for(request.member);
  return report;
}

std::vector<std::string> Partners::new_epoch(const CollectionId& collection,
                                             const Excluded& excluded,
                                             const LedgerSizes& known) const {
  const Vault::State& vault = state();
  const auto& records = vault.opened->names.collections;
  const auto record = records.find(collection);
  return epoch_entries(vault.record->consortium,
                       {{vault.identity().consortium, collection, vault.identity().device},
                        excluded,
                        record == records.end() ? std::nullopt : std::optional(record->second),
                        known},
                       vault.opened->keys.at(collection), vault.custodian(),
                       vault.environment.random);
}

// In each collection that is stale without the excluded, as far as this device can.
std::vector<CollectionId> Partners::renew(const Excluded& excluded, const LedgerSizes& known) {
  Vault::State& vault = state();
  const Consortium& consortium = vault.record->consortium;
  std::vector<CollectionId> renewed;
  if (!vault.has_authority()) return renewed;
  for (const CollectionId& id : stale_collections(consortium, excluded, known)) {
    const auto keys = vault.opened->keys.find(id);
    if (keys == vault.opened->keys.end()) continue;
    try {
      vault.append(id, new_epoch(id, excluded, known));
      renewed.push_back(id);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;  // a custodian will
    }
  }
  return renewed;
}

void Partners::tell_all(const std::set<CollectionId>& renewed, RevokeReport& report) const {
  const Vault::State& vault = state();
  const Consortium& consortium = vault.record->consortium;
  std::map<MemberId, std::set<CollectionId>> told;
  for (const auto& [id, device] : consortium.devices()) {
    const MemberId& member = device.certificate.member;
    if (member != vault.own_member() && consortium.is_active(id))
      told.emplace(member, known_to(member));
  }
  if (told.empty()) return;
  std::set<CollectionId> common = told.begin()->second;
  for (const auto& [member, known] : told) {
    std::erase_if(common, [&](const CollectionId& id) { return !known.contains(id); });
  }
  report.text = encode(exchange_of(common));
  for (const auto& [member, known] : told) {
    const bool needs_more = std::ranges::any_of(renewed, [&](const CollectionId& id) {
      return known.contains(id) && !common.contains(id);
    });
    if (needs_more) report.not_told_all.push_back(member_name(member));
  }
  std::ranges::sort(report.not_told_all);
}

RevokeReport Partners::revoke(const std::string& member_text, const std::string& device_text,
                              Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const std::unique_ptr<FileLock> held = vault.lock(activity);
  vault.refresh(activity);
  vault.require_untouched_ledgers();
  const auto permit =
      vault.begin({.act = access_act::revoke, .detail = whom(member_text, device_text)}, activity);
  const MemberId member = find_member(member_text);
  std::vector<DeviceId> devices = devices_named(member, device_text, true);
  Excluded excluded(devices.begin(), devices.end());
  // An earlier run may have been cut off between the revocation and the epochs.
  if (devices.empty()) {
    const std::vector<DeviceId> ended = devices_named(member, device_text, false);
    const bool unfinished =
        !ended.empty() && !stale_collections(vault.record->consortium, {}).empty();
    if (!unfinished) devices = find_devices(member, device_text);
    excluded.insert(ended.begin(), ended.end());
  }
  if (device_text.empty()) excluded.insert(member);
  const CharterMember* self = vault.record->consortium.charter().find(vault.own_member());
  if (member != vault.own_member() && (self == nullptr || !self->roles.has(Role::custodian))) {
    throw Error(
        ErrorCode::denied,
        "this device's member is no custodian, and " + member_name(member) + " is another member",
        who_can(Role::custodian));
  }
  for (const DeviceId& device : devices) {
    if (device != vault.identity().device) continue;
    throw Error(ErrorCode::usage, "a device does not revoke itself",
                "do it on another device of the member, or let a custodian do it");
  }
  RevokeReport report;
  std::vector<std::string> entries;
  for (const DeviceId& device : devices) {
    report.devices.push_back(member_name(member) + "/" + vault.device_name(device));
    entries.push_back(revocation_entry(vault.record->consortium, device,
                                       known_sizes(vault.record->ledgers, device),
                                       vault.custodian()));
  }
  for (const auto& [id, access] : vault.opened->access) {
    const Collection& collection = vault.record->consortium.collections().at(id);
    RevokeReport::Exposed exposed;
    exposed.collection = access.name;
    for (const ApprovedGrant& approved : collection.grants) {
      if (approved.grant.rights != Rights::read || !excluded.contains(approved.grant.to)) continue;
      exposed.last_epoch = std::max(exposed.last_epoch, approved.grant.epoch);
    }
    if (exposed.last_epoch == 0 || id == consortium_collection) continue;
    for (const CatalogSnapshot& snapshot : vault.catalog->catalog.snapshots(id)) {
      ++exposed.snapshots;
      exposed.bytes += snapshot.bytes;
    }
    exposed.stored_again =
        shared_epochs(vault.record->consortium, id, excluded).size() < collection.epochs.size();
    report.exposed.push_back(std::move(exposed));
  }
  // The revocation stands before the epochs: in the built-in collection in one commit with its own.
  const std::vector<CollectionId> stale = stale_collections(vault.record->consortium, excluded);
  const auto built_in = std::ranges::find(stale, consortium_collection);
  if (built_in != stale.end()) {
    try {
      std::ranges::move(new_epoch(consortium_collection, excluded, {}),
                        std::back_inserter(entries));
      report.renewed.push_back(vault.collection_name(consortium_collection));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;
    }
  }
  if (!entries.empty()) vault.append(consortium_collection, entries);
  vault.refresh(activity);
  const std::vector<CollectionId> renewed = renew(excluded, {});
  for (const CollectionId& id : renewed) report.renewed.push_back(vault.collection_name(id));
  vault.refresh(activity);
  for (const CollectionId& id : stale_collections(vault.record->consortium, excluded)) {
    report.not_renewed.push_back(vault.collection_name(id));
  }
  tell_all({renewed.begin(), renewed.end()}, report);
  return report;
}

}  // namespace muniment
