// Travel mode: what a device says of itself, in ledgers of its own, when it leaves collections
// behind and when it is back, and the keys that it keeps, sealed anew to its present reading key.
// None of it gives rights to anybody.
#pragma once

#include <set>

#include "vault/consortium/keys.hpp"

namespace muniment {

inline constexpr std::size_t left_behind_max = 1024;

struct TravelEntry {
  ConsortiumId consortium;
  DeviceId device;
  UnixSeconds until = 0;
  std::set<CollectionId> without;  // 1 to left_behind_max

  friend bool operator==(const TravelEntry&, const TravelEntry&) = default;
};

[[nodiscard]] std::string encode(const TravelEntry& entry);
[[nodiscard]] std::optional<TravelEntry> decode_travel_entry(std::string_view entry);

struct ReturnedEntry {
  ConsortiumId consortium;
  DeviceId device;
  UnixSeconds time = 0;

  friend bool operator==(const ReturnedEntry&, const ReturnedEntry&) = default;
};

[[nodiscard]] std::string encode(const ReturnedEntry& entry);
[[nodiscard]] std::optional<ReturnedEntry> decode_returned_entry(std::string_view entry);

// In the device's own ledger of the collection.
struct RewrapEntry {
  CollectionId collection;
  Bytes envelope;

  friend bool operator==(const RewrapEntry&, const RewrapEntry&) = default;
};

[[nodiscard]] std::string encode(const RewrapEntry& entry);
[[nodiscard]] std::optional<RewrapEntry> decode_rewrap_entry(std::string_view entry);

// Entries that hold all of `keys`, sealed to `reading`.
[[nodiscard]] std::vector<std::string> rewrap_entries(const Consortium& consortium,
                                                      const CollectionId& collection,
                                                      const CollectionKeys& keys,
                                                      const ReadingPublicKey& reading,
                                                      Random& random);

// Who else can read all that `keys` open, by grants that are known here: active devices that do not
// travel without the collection, and recovery recipients.
[[nodiscard]] std::vector<Grantee> other_holders(const Consortium& consortium,
                                                 const CollectionId& collection,
                                                 const CollectionKeys& keys,
                                                 const DeviceId& device);

}  // namespace muniment
