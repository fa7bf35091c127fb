// The keys of a collection (DESIGN §5), one type a purpose.
#pragma once

#include "vault/crypto/hash.hpp"
#include "vault/crypto/kem.hpp"

namespace muniment {

struct EpochPurpose;     // K_e: a collection's current key, and its X-Wing pair
struct ReadingPurpose;   // a device's reading identity
struct RecoveryPurpose;  // a member's recovery identity

using EpochKey = SecretKey<EpochPurpose>;
using IdKey = SecretKey<struct IdPurpose>;            // K_id: chunk ids
using ChunkerKey = SecretKey<struct ChunkerPurpose>;  // K_chunk: the chunker's table
using SeedKey = SecretKey<struct SeedPurpose>;        // K_seed: disclosure seeds of files
using PackKey = SecretKey<struct PackPurpose>;        // K_pack: one pack
using CatalogKey = SecretKey<struct CatalogPurpose>;  // this device's catalog.db

using EpochPublicKey = KemPublicKey<EpochPurpose>;
using EpochSecretKey = KemSecretKey<EpochPurpose>;
using ReadingPublicKey = KemPublicKey<ReadingPurpose>;
using ReadingSecretKey = KemSecretKey<ReadingPurpose>;
using RecoveryPublicKey = KemPublicKey<RecoveryPurpose>;
using RecoverySecretKey = KemSecretKey<RecoveryPurpose>;

[[nodiscard]] inline EpochSecretKey epoch_secret_key(const EpochKey& key) {
  return derive<KemSeed<EpochPurpose>>(key, "muniment/epoch-kem/v1");
}

[[nodiscard]] inline SeedKey seed_key(const EpochKey& key) {
  return derive<SeedPurpose>(key, "muniment/epoch-seed/v1");
}

// Keyed, so that a content address confirms nothing to an outsider (DESIGN §4).
[[nodiscard]] inline ChunkId chunk_id(const IdKey& key, const Sha256Digest& digest) {
  return keyed_hash<ChunkId>(key, {digest.view()});
}

}  // namespace muniment
