// A collection's epochs: each a key of its own, known to all by a commitment and a public key.
#pragma once

#include <string>

#include "vault/consortium/approval.hpp"
#include "vault/keyring/envelope.hpp"

namespace muniment {

// SHA-256("muniment/key-commit/v1" || 00 || consortium || collection || number, u32 little endian
// || K_e || K_id || K_chunk), for one of the epochs in `keys`. Fixes all that an envelope of this
// epoch hands out, so that two members who compare it have the same keys.
[[nodiscard]] EpochCommitment epoch_commitment(const EnvelopeKeys& keys,
                                               const EnvelopeEpoch& epoch);

// SHA-256 of the public key; what grants name it by.
[[nodiscard]] Sha256Digest epoch_key_digest(const EpochPublicKey& key);

// How far above the highest number that was reached an epoch's may be. One that skips many is a lie
// that would use the numbers up; some must be allowed, so that a ledger that is lost does not take
// all later epochs with it.
inline constexpr std::uint32_t epoch_gap_max = 1024;

// Error(limit) after the last number that there is.
[[nodiscard]] std::uint32_t epoch_after(std::uint32_t number);

struct EpochEntry {
  CharterRef charter;  // under which the writer's member is a custodian
  CollectionId collection;
  std::uint32_t number = 1;
  EpochCommitment commitment;
  EpochPublicKey public_key;
  // The collection's CollectionRecord, sealed to this epoch, for who cannot read the first one.
  // Empty for the first epoch, and for the built-in collection.
  Bytes sealed;

  friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

[[nodiscard]] std::string encode(const EpochEntry& entry);
[[nodiscard]] std::optional<EpochEntry> decode_epoch_entry(std::string_view entry);

}  // namespace muniment
