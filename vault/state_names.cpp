// What members, devices, collections, logs and snapshots are called, and what is found by that.
#include <fmt/format.h>

#include <algorithm>

#include "vault/state.hpp"

namespace muniment {

std::string Vault::State::members_with(Role role) const {
  std::vector<std::string> names;
  const Device* own = own_device();
  for (const CharterMember& member : record->consortium.charter().members) {
    const bool is_own = own != nullptr && own->certificate.member == member.id;
    if (!member.roles.has(role) || is_own) continue;
    const auto name = opened->names.members.find(member.id);
    names.push_back(name == opened->names.members.end() ? member.id.hex() : escape(name->second));
  }
  std::ranges::sort(names);
  const std::string_view what = role_names.at(static_cast<std::size_t>(role));
  return names.empty() ? fmt::format("the consortium has no other {}", what)
                       : fmt::format("ask one of the {}s: {}", what, fmt::join(names, ", "));
}

std::string Vault::State::collection_name(const CollectionId& collection) const {
  const auto known = opened->access.find(collection);
  return known == opened->access.end() ? collection.hex() : known->second.name;
}

const CollectionAccess& Vault::State::find_collection(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [id, access] : unlocked().access) {
    if (id == consortium_collection) continue;
    if (access.name == name) return access;
    names.push_back(access.name);
  }
  if (find_deposit(name)) {
    throw Error(ErrorCode::denied,
                "collection " + escape(name) +
                    ": this device may add to it, and read nothing of it, not even its own",
                members_with(Role::custodian));
  }
  // The catalog may know more than the ledgers that can be read now.
  const std::vector<CatalogCollection> known = catalog->catalog.collections();
  if (std::ranges::find(known, name, &CatalogCollection::name) != known.end()) {
    std::string message = "collection " + escape(name) + ": its ledger cannot be read";
    for (const Damage& ledger : record->ledgers.damage) {
      message += fmt::format("; {}: {}", ledger.object, ledger.cause);
    }
    throw Error(ErrorCode::damaged, message, "put the ledger back from a copy of the vault");
  }
  std::ranges::sort(names);
  if (journey() != nullptr) {
    throw Error(
        ErrorCode::denied,
        fmt::format("collection {}: it is not here; this device travels without {} "
                    "collection{}, whose names it does not know either",
                    escape(name), journey()->without.size(),
                    journey()->without.size() == 1 ? "" : "s"),
        "when the journey is over: 'muniment key return'; then " + members_with(Role::custodian));
  }
  if (record->consortium.charter().members.size() > 1) {
    throw Error(ErrorCode::denied,
                "collection " + escape(name) +
                    ": not granted to this device, or there is none of this name" +
                    (names.empty() ? "" : fmt::format("; granted are: {}", fmt::join(names, ", "))),
                members_with(Role::custodian));
  }
  throw Error(ErrorCode::not_found, "collection " + escape(name) + ": there is no such collection",
              names.empty() ? "make it with 'muniment collection create " + escape(name) + "'"
                            : fmt::format("there are: {}", fmt::join(names, ", ")));
}

std::string Vault::State::device_name(const DeviceId& device) const {
  const auto name = opened->names.devices.find(device);
  return name != opened->names.devices.end() ? name->second : device.hex();
}

std::string Vault::State::device_path(const DeviceId& device) const {
  const auto known = record->consortium.devices().find(device);
  if (known == record->consortium.devices().end()) return device_name(device);
  const MemberId& member = known->second.certificate.member;
  const auto name = opened->names.members.find(member);
  return (name == opened->names.members.end() ? member.hex() : name->second) + "/" +
         device_name(device);
}

std::string Vault::State::device_label(const DeviceId& device) const {
  const auto is_alone = [&](const auto& text_of) {
    const std::string text = text_of(device);
    return std::ranges::none_of(record->consortium.devices(), [&](const auto& other) {
      return other.first != device && text_of(other.first) == text;
    });
  };
  if (is_alone([&](const DeviceId& id) { return device_name(id); })) return device_name(device);
  if (is_alone([&](const DeviceId& id) { return device_path(id); })) return device_path(device);
  return device.hex().substr(0, 8);
}

std::string Vault::State::log_label(const LedgerName& log) const {
  const std::string device = opened ? device_path(log.device) : log.device.hex();
  if (is_access_collection(log.collection)) {
    const AccessLogNumber number = access_log_number(log.collection);
    return fmt::format("access log {}of {}", number.is_zero() ? "" : number.hex() + " ", device);
  }
  if (log.collection == consortium_collection) return fmt::format("ledger of {}", device);
  return fmt::format("ledger {} of {}",
                     opened ? collection_name(log.collection) : log.collection.hex(), device);
}

std::string Vault::State::describe_fork(const LedgerName& ledger) const {
  const std::string device = opened ? device_path(ledger.device) : ledger.device.hex();
  return fmt::format("ledger {}: device {} signed two histories of it; nothing more is taken of it",
                     ledger.id().hex(), escape(device));
}

std::string Vault::State::describe_kept_fork(const LedgerName& ledger) const {
  return describe_fork(ledger) + "; the proof is in forks/" + ledger.id().hex();
}

std::string Vault::State::describe_fork(const CharterFork& fork) {
  const std::uint32_t number = decode_charter(fork.other.text)->number;
  return fmt::format("charter {}: two texts of this number were approved; {}", number,
                     fork.decided ? "the one that was adopted here first stays in force"
                                  : "neither is in force here until it is chosen");
}

std::vector<NamedSnapshot> Vault::State::named_snapshots(
    const std::optional<std::string>& collection) {
  std::vector<const CollectionAccess*> wanted;
  if (collection) {
    wanted.push_back(&find_collection(*collection));
  } else {
    for (const auto& [id, access] : unlocked().access) wanted.push_back(&access);
    std::ranges::sort(wanted, {}, &CollectionAccess::name);
  }
  std::vector<NamedSnapshot> named;
  std::map<DeviceId, std::string> labels;
  for (const CollectionAccess* access : wanted) {
    for (CatalogSnapshot& facts : catalog->catalog.snapshots(access->id)) {
      const auto [label, first] = labels.try_emplace(facts.device);
      if (first) label->second = device_label(facts.device);
      named.push_back(
          {fmt::format("{}/{}@{}", access->name, facts.number, label->second), std::move(facts)});
    }
  }
  return named;
}

SnapshotInfo Vault::State::facts_of(const NamedSnapshot& snapshot) const {
  const CatalogSnapshot& facts = snapshot.facts;
  SnapshotInfo info;
  info.name = snapshot.name;
  info.collection = opened->access.at(facts.collection).name;
  info.collection_id = facts.collection;
  info.number = facts.number;
  info.device = device_name(facts.device);
  info.created = facts.time;
  info.files = facts.files;
  info.bytes = facts.bytes;
  info.content_root = facts.content_root;
  info.index = facts.index;
  info.device_id = facts.device;
  return info;
}

SnapshotInfo Vault::State::describe(const NamedSnapshot& snapshot,
                                    const std::shared_ptr<AccessPermit>& permit,
                                    Activity& activity) {
  SnapshotInfo info = facts_of(snapshot);
  const CollectionAccess& access = opened->access.at(info.collection_id);
  try {
    const auto chunks = open_chunks(access, catalog->shared, store, PackAccess::ranges, activity);
    info.about = open_snapshot(info.name, info.index, chunks, permit)->index().about;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    activity.notice(error.what());
  }
  return info;
}

}  // namespace muniment
