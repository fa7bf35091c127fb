#include "vault/consortium/consortium.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/consortium/replay.hpp"

namespace muniment {

Consortium Consortium::replay(const ConsortiumId& id, std::span<const Ledger* const> ledgers,
                              std::span<const CharterRef> adopted) {
  return Replay(id, ledgers, adopted).finish();
}

std::vector<CharterRef> Consortium::charter_refs() const {
  std::vector<CharterRef> refs;
  for (const ApprovedCharter& charter : x_charters) refs.push_back(charter.ref());
  return refs;
}

namespace {

// Whether the grant's writer can have put the epoch's key into its envelope. Who lost its say could
// else make every new epoch look as if somebody who left could read it.
bool can_hold(const Collection& collection, const Consortium& consortium,
              const ApprovedGrant& approved) {
  if (approved.standing == Standing::counts) return true;
  return std::ranges::any_of(collection.grants, [&](const ApprovedGrant& other) {
    if (other.standing != Standing::counts || other.grant.rights != Rights::read ||
        other.grant.commitment != approved.grant.commitment) {
      return false;
    }
    const auto* member = std::get_if<MemberId>(&other.grant.to);
    if (member != nullptr) return *member == approved.by;
    const auto device = consortium.devices().find(std::get<DeviceId>(other.grant.to));
    return device != consortium.devices().end() && device->second.certificate.member == approved.by;
  });
}

}  // namespace

const Epoch* Collection::newest() const noexcept {
  const auto found =
      std::find_if(epochs.rbegin(), epochs.rend(), [](const Epoch& epoch) { return !epoch.past; });
  return found == epochs.rend() ? nullptr : &*found;
}

bool Consortium::is_active(const DeviceId& device) const noexcept {
  const auto found = x_devices.find(device);
  return found != x_devices.end() && !found->second.revoked && !found->second.departed &&
         charter().find(found->second.certificate.member) != nullptr;
}

bool Consortium::is_left_behind(const CollectionId& collection,
                                const DeviceId& device) const noexcept {
  const auto found = x_devices.find(device);
  if (found == x_devices.end()) return false;
  const std::optional<Journey>& journey = found->second.journey;
  return journey && !journey->returned && journey->without.contains(collection);
}

const Epoch& Consortium::sealing_epoch(const CollectionId& collection) const {
  const auto found = x_collections.find(collection);
  if (found == x_collections.end() || found->second.epochs.empty()) {
    throw Error(ErrorCode::not_found, "collection " + collection.hex() + ": has no epoch");
  }
  const Epoch* newest = found->second.newest();
  const auto has_left = [this](const Grantee& to) {
    const auto* device = std::get_if<DeviceId>(&to);
    if (device == nullptr) return charter().find(std::get<MemberId>(to)) == nullptr;
    return x_devices.contains(*device) && !is_active(*device);
  };
  for (const Epoch& epoch : found->second.epochs) {
    if (newest == nullptr) break;
    if (epoch.past || epoch.disputed || epoch.number != newest->number) continue;
    const bool lost = std::ranges::any_of(found->second.grants, [&](const ApprovedGrant& approved) {
      const Grant& grant = approved.grant;
      return grant.commitment == epoch.commitment && grant.rights == Rights::read &&
             has_left(grant.to) && can_hold(found->second, *this, approved);
    });
    if (!lost) return epoch;
  }
  throw Error(
      ErrorCode::denied,
      "collection " + collection.hex() +
          ": its current epoch is disputed, was begun by who lost its say, or can be read by "
          "a device that was revoked",
      "a custodian has to begin a new epoch");
}

}  // namespace muniment
