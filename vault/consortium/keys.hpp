// What a reading key opens: the keys of the collections that were granted to it, and with them the
// names.
#pragma once

#include "vault/consortium/consortium.hpp"
#include "vault/keyring/envelope.hpp"

namespace muniment {

struct OpenEpoch {
  std::uint32_t number = 0;
  EpochCommitment commitment;
  EpochKey key;
};

struct CollectionKeys {
  IdKey id_key;
  ChunkerKey chunker_key;
  std::vector<OpenEpoch> epochs;  // at least one, by number, then by commitment

  // Empty if this epoch was not granted to us.
  [[nodiscard]] const OpenEpoch* find(const EpochCommitment& epoch) const noexcept;
};

// Grants to us that do not hold the keys that they say. Whoever wrote one is broken or hostile, and
// must not be able to close anything with it: it is passed over, and told.
using RefusedGrants = std::vector<RefusedEntry>;

// Opens every grant of `collection` to `device` that gives `read`, and compares what it holds with
// what the ledgers commit to, so that nothing is ever sealed to a key of somebody else's choice.
// Empty if there is no such grant. Others are added to `refused`, if that is given.
[[nodiscard]] std::optional<CollectionKeys> open_collection_keys(const Consortium& consortium,
                                                                 const CollectionId& collection,
                                                                 const DeviceId& device,
                                                                 const ReadingSecretKey& key,
                                                                 RefusedGrants* refused = nullptr);
// The same with a member's recovery key.
[[nodiscard]] std::optional<CollectionKeys> open_collection_keys(const Consortium& consortium,
                                                                 const CollectionId& collection,
                                                                 const MemberId& member,
                                                                 const RecoverySecretKey& key,
                                                                 RefusedGrants* refused = nullptr);

// Of all collections that the key opens.
using OpenCollections = std::map<CollectionId, CollectionKeys>;

[[nodiscard]] OpenCollections open_all_collections(const Consortium& consortium,
                                                   const DeviceId& device,
                                                   const ReadingSecretKey& key,
                                                   RefusedGrants* refused = nullptr);

// The names of the newest charter's members, with their salts, as far as they can be read.
[[nodiscard]] CharterNames open_charter_names(const Consortium& consortium,
                                              const CollectionKeys& built_in);

// The text of a sealed part that one of the epochs opens.
[[nodiscard]] std::optional<std::string> open_sealed(const CollectionKeys& keys,
                                                     const SealedPart& part, Act act);

// What could be read under seal. A name whose digest is not the approved one is left out.
struct Names {
  std::map<MemberId, std::string> members;
  std::map<DeviceId, std::string> devices;
  std::map<CollectionId, CollectionRecord> collections;
};

[[nodiscard]] Names open_names(const Consortium& consortium, const OpenCollections& keys);

}  // namespace muniment
