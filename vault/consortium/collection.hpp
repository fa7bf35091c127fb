// A collection's beginning: its id, and under seal its name and policy.
#pragma once

#include <string>

#include "vault/base/ids.hpp"

namespace muniment {

using CollectionNonce = FixedBytes<struct CollectionNonceTag, 32>;

// The first 16 bytes of SHA-256("muniment/collection-id/v1" || 00 || consortium || creator ||
// nonce), so that nobody else can claim to have created it.
[[nodiscard]] CollectionId collection_id(const ConsortiumId& consortium, const DeviceId& creator,
                                         const CollectionNonce& nonce);

// The first entry of the creator's ledger of the collection.
struct CollectionEntry {
  CollectionId collection;
  CollectionNonce nonce;
  Bytes sealed;  // a CollectionRecord

  friend bool operator==(const CollectionEntry&, const CollectionEntry&) = default;
};

[[nodiscard]] std::string encode(const CollectionEntry& entry);
[[nodiscard]] std::optional<CollectionEntry> decode_collection_entry(std::string_view entry);

struct CollectionRecord {
  std::string name;                    // is_valid_collection_name
  bool purpose_required = false;       // every read must say what for
  std::uint8_t log_level = 1;          // of the access log: L0 to L3
  std::uint32_t export_threshold = 1;  // approvals for taking out the whole of it

  friend bool operator==(const CollectionRecord&, const CollectionRecord&) = default;
};

[[nodiscard]] std::string encode(const CollectionRecord& record);
[[nodiscard]] std::optional<CollectionRecord> decode_collection_record(std::string_view text);

}  // namespace muniment
