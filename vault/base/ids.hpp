// The names that Muniment gives to things. Each is a type of its own, so that one cannot stand
// where another is meant. DESIGN §1 says what the things are.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

// SHA-256 of some bytes: an RFC 9162 hash, a file's digest, the sum of a text.
using Sha256Digest = FixedBytes<struct Sha256DigestTag, 32>;

// BLAKE2b-256(K_id, SHA-256(chunk)): the keyed address of a chunk within its collection.
using ChunkId = FixedBytes<struct ChunkIdTag, 32>;

// RFC 9162 root over the 256 shards of a pack's body; also its file name.
using PackId = FixedBytes<struct PackIdTag, 32>;

// SHA-256 of the text of charter number 1.
using ConsortiumId = FixedBytes<struct ConsortiumIdTag, 32>;

// The first 16 bytes of a hash over its creator and a random nonce (vault/consortium/FORMAT.md);
// all zeros for the built-in collection `consortium`.
using CollectionId = FixedBytes<struct CollectionIdTag, 16>;

// Random.
using MemberId = FixedBytes<struct MemberIdTag, 16>;

// The first 16 bytes of the SHA-256 of the device's public keys (vault/consortium/FORMAT.md), so
// that nobody can claim the id of another's device.
using DeviceId = FixedBytes<struct DeviceIdTag, 16>;

// Random; one directory on one device.
using VaultId = FixedBytes<struct VaultIdTag, 16>;

// The identity of an epoch: the commitment to its key (vault/consortium/FORMAT.md).
using EpochCommitment = FixedBytes<struct EpochCommitmentTag, 32>;

// SHA-256 of a ledger's origin line; the name of its directory.
using LedgerId = FixedBytes<struct LedgerIdTag, 32>;

}  // namespace muniment
