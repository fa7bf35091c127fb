#include "vault/partners.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/state.hpp"

namespace muniment {

Vault::State& Partners::state() const {
  return *x_vault.x_state;
}

std::string Partners::member_name(const MemberId& member) const {
  const auto& names = state().opened->names.members;
  const auto name = names.find(member);
  return name == names.end() ? member.hex() : name->second;
}

MemberId Partners::find_member(const std::string& name) const {
  std::vector<MemberId> matching;
  std::vector<std::string> there;
  for (const CharterMember& member : state().record->consortium.charter().members) {
    there.push_back(escape(member_name(member.id)));
    if (member_name(member.id) == name || member.id.hex() == name) matching.push_back(member.id);
  }
  if (matching.size() == 1) return matching.front();
  std::ranges::sort(there);
  throw Error(ErrorCode::not_found,
              "member " + escape(name) +
                  (matching.empty() ? ": there is none of this name" : ": several have this name"),
              matching.empty() ? fmt::format("there are: {}", fmt::join(there, ", "))
                               : "give the id, as 'muniment charter show' has it");
}

std::vector<DeviceId> Partners::devices_named(const MemberId& member, const std::string& device,
                                              bool active) const {
  const Consortium& consortium = state().record->consortium;
  std::vector<DeviceId> found;
  for (const auto& [id, facts] : consortium.devices()) {
    if (facts.certificate.member != member || consortium.is_active(id) != active) continue;
    const bool named = device.empty() || state().device_name(id) == device ||
                       (device.size() >= 4 && id.hex().starts_with(device));
    if (named) found.push_back(id);
  }
  return found;
}

std::vector<DeviceId> Partners::find_devices(const MemberId& member,
                                             const std::string& device) const {
  std::vector<DeviceId> found = devices_named(member, device, true);
  if (!found.empty()) return found;
  throw Error(ErrorCode::not_found,
              device.empty() ? "member " + escape(member_name(member)) +
                                   ": it has no active device that is known here"
                             : "device " + escape(device) + ": " + member_name(member) +
                                   " has no active device of this name",
              "'muniment device list' shows them");
}

std::string Partners::who_can(Role role) const {
  return state().members_with(role);
}

const CollectionKeys& Partners::built_in_keys() const {
  const auto& keys = state().opened->keys;
  const auto found = keys.find(consortium_collection);
  if (found != keys.end()) return found->second;
  throw Error(ErrorCode::denied,
              "what the consortium calls its members was not granted to this device yet",
              "hand a custodian the text that tells of this device, and take in what comes back");
}

Exchange Partners::exchange_of(const std::set<CollectionId>& collections) const {
  Exchange exchange;
  exchange.consortium = state().identity().consortium;
  exchange.from = state().identity().device;
  exchange.charters = state().record->consortium.charter_refs();
  for (const Ledger& ledger : state().record->ledgers.ledgers) {
    if (collections.contains(ledger.name().collection)) {
      exchange.ledgers.push_back(copy_ledger(ledger));
    }
  }
  std::ranges::sort(exchange.ledgers, {}, &LedgerCopy::name);
  return exchange;
}

std::set<CollectionId> Partners::known_to(const MemberId& id) const {
  const Consortium& consortium = state().record->consortium;
  const auto is_of_member = [&](const Grantee& to) {
    if (const auto* recovery = std::get_if<MemberId>(&to)) return *recovery == id;
    const auto device = consortium.devices().find(std::get<DeviceId>(to));
    return device != consortium.devices().end() && device->second.certificate.member == id;
  };
  std::set<CollectionId> wanted{consortium_collection};
  for (const auto& [collection, facts] : consortium.collections()) {
    const bool granted = std::ranges::any_of(facts.grants, [&](const ApprovedGrant& approved) {
      return is_of_member(approved.grant.to);
    });
    if (granted) wanted.insert(collection);
  }
  return wanted;
}

std::string Partners::text_for(const std::string& member) {
  static_cast<void>(state().unlocked());
  const auto permit =
      state().begin({.act = access_act::exchange, .detail = access_detail("text for " + member)});
  return encode(exchange_of(known_to(find_member(member))));
}

std::string Partners::text_for_all() {
  static_cast<void>(state().unlocked());
  return encode(exchange_of({consortium_collection}));
}

void Partners::tell_journeys(const std::map<DeviceId, Device>& before,
                             std::vector<std::string>& news) const {
  for (const auto& [id, device] : state().record->consortium.devices()) {
    const auto known = before.find(id);
    const bool is_news =
        device.journey && (known == before.end() || known->second.journey != device.journey);
    if (!is_news) continue;
    const std::string name = member_name(device.certificate.member) + "/" + state().device_name(id);
    const Journey& journey = *device.journey;
    if (!journey.returned) {
      news.push_back(
          fmt::format("{} travels without {} collection{}: it is given no key of them "
                      "until it is back",
                      name, journey.without.size(), journey.without.size() == 1 ? "" : "s"));
    } else if (*journey.returned < journey.until) {
      news.push_back(name +
                     " says that it is back, before the day that it gave: speak to its "
                     "keeper before you grant it anything");
    } else {
      news.push_back(name + " says that it is back: grant it again what it left behind");
    }
  }
}

std::string Partners::card() {
  Opened& opened = state().unlocked();
  const auto permit = state().begin({.act = access_act::exchange, .detail = "card"});
  const Custodian self = state().custodian();
  Card card;
  card.member = self.member;
  card.name = SaltedName::make(member_name(self.member), state().environment.random);
  card.key = {SshKeyKind::ed25519, verify_key(*opened.reading.authority), {}};
  card.device = state().identity().device;
  return encode(card, self.authority);
}

std::vector<DeviceInfo> Partners::devices() {
  static_cast<void>(state().unlocked());
  const Consortium& consortium = state().record->consortium;
  std::vector<DeviceInfo> infos;
  for (const auto& [id, facts] : consortium.devices()) {
    infos.push_back({id, state().device_name(id), member_name(facts.certificate.member),
                     !consortium.is_active(id), id == state().identity().device});
    if (facts.journey && !facts.journey->returned) {
      infos.back().travels_until = facts.journey->until;
    }
  }
  std::ranges::sort(infos, {}, [](const DeviceInfo& info) {
    return std::tuple(info.member, info.name, info.id);
  });
  return infos;
}

}  // namespace muniment
