#include "vault/consortium/deposit.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"
#include "vault/consortium/names.hpp"
#include "vault/crypto/sealed_box.hpp"

namespace muniment {

namespace {

Bytes label_context(const CollectionId& collection, const DeviceId& device) {
  Bytes context = to_bytes(std::string_view("muniment/grant-label/v1\0", 24));
  append(context, collection.view());
  append(context, device.view());
  return context;
}

std::optional<std::string> open_label(const ReadingSecretKey& key, const CollectionId& collection,
                                      const DeviceId& device, ByteView label) {
  const auto opened = open_box(key, label_context(collection, device), label);
  if (!opened || !is_valid_collection_name(as_text(*opened))) return std::nullopt;
  return std::string(as_text(*opened));
}

}  // namespace

Bytes seal_label(const ReadingPublicKey& reading, const CollectionId& collection,
                 const DeviceId& device, std::string_view name, Random& random) {
  return seal_box(reading, label_context(collection, device), as_bytes(name), random);
}

std::map<CollectionId, std::string> find_deposits(const Consortium& consortium,
                                                  const DeviceId& device,
                                                  const ReadingSecretKey& key) {
  std::map<CollectionId, std::string> deposits;
  if (!consortium.is_active(device)) return deposits;
  for (const auto& [id, collection] : consortium.collections()) {
    bool reads = false;
    std::string name;
    for (const ApprovedGrant& approved : collection.grants) {
      if (approved.grant.to != Grantee(device)) continue;
      reads = reads || approved.grant.rights == Rights::read;
      if (approved.grant.rights != Rights::deposit || approved.standing != Standing::counts)
        continue;
      if (name.empty()) name = id.hex();
      const auto label = open_label(key, id, device, approved.label);
      if (label) name = *label;
    }
    if (!reads && !name.empty()) deposits.emplace(id, std::move(name));
  }
  return deposits;
}

const Epoch& deposit_epoch(const Consortium& consortium, const CollectionId& collection,
                           const DeviceId& device) {
  const Epoch& epoch = consortium.sealing_epoch(collection);
  const auto& grants = consortium.collections().at(collection).grants;
  const bool granted = std::ranges::any_of(grants, [&](const ApprovedGrant& approved) {
    return approved.standing == Standing::counts && approved.grant.to == Grantee(device) &&
           approved.grant.rights <= Rights::deposit &&
           approved.grant.commitment == epoch.commitment;
  });
  if (granted) return epoch;
  throw Error(ErrorCode::denied,
              "collection " + collection.hex() +
                  ": its present epoch was not granted to this device for depositing");
}

}  // namespace muniment
