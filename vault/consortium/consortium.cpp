#include "vault/consortium/consortium.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/consortium/replay.hpp"

namespace muniment {

Consortium Consortium::replay(const ConsortiumId& id, std::span<const Ledger* const> ledgers) {
  return Replay(id, ledgers).finish();
}

bool Consortium::is_active(const DeviceId& device) const noexcept {
  const auto found = x_devices.find(device);
  return found != x_devices.end() && !found->second.revoked &&
         charter().find(found->second.certificate.member) != nullptr;
}

const Epoch& Consortium::sealing_epoch(const CollectionId& collection) const {
  const auto found = x_collections.find(collection);
  if (found == x_collections.end() || found->second.epochs.empty()) {
    throw Error(ErrorCode::not_found, "collection " + collection.hex() + ": has no epoch");
  }
  const std::vector<Epoch>& epochs = found->second.epochs;
  const std::vector<ApprovedGrant>& grants = found->second.grants;
  const auto has_left = [this](const Grantee& to) {
    const auto* device = std::get_if<DeviceId>(&to);
    if (device == nullptr) return charter().find(std::get<MemberId>(to)) == nullptr;
    return x_devices.contains(*device) && !is_active(*device);
  };
  for (const Epoch& epoch : epochs) {
    if (epoch.disputed || epoch.number != epochs.back().number) continue;
    const bool lost = std::ranges::any_of(grants, [&](const ApprovedGrant& approved) {
      const Grant& grant = approved.grant;
      return grant.commitment == epoch.commitment && grant.rights == Rights::read &&
             has_left(grant.to);
    });
    if (!lost) return epoch;
  }
  throw Error(ErrorCode::denied,
              "collection " + collection.hex() +
                  ": its current epoch is disputed, or can be read by a device that was revoked",
              "a custodian has to begin a new epoch");
}

}  // namespace muniment
