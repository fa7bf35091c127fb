// What a device may add to but not read: the collections in which it has no more than `deposit`.
#pragma once

#include "vault/consortium/consortium.hpp"

namespace muniment {

// The collection's name for a depositor, which cannot open the collection's own record: sealed to
// the device's reading key, beside the grant. It gives no rights; only the granting custodian
// vouches for it.
[[nodiscard]] Bytes seal_label(const ReadingPublicKey& reading, const CollectionId& collection,
                               const DeviceId& device, std::string_view name, Random& random);

// The device's collections of this kind, with the name that a label gives them, or else the id.
[[nodiscard]] std::map<CollectionId, std::string> find_deposits(const Consortium& consortium,
                                                                const DeviceId& device,
                                                                const ReadingSecretKey& key);

// The epoch to seal to, which a grant to the device must name: so nobody but the custodians who
// approved that says to which key it seals. Error(denied) if there is none.
[[nodiscard]] const Epoch& deposit_epoch(const Consortium& consortium,
                                         const CollectionId& collection, const DeviceId& device);

}  // namespace muniment
