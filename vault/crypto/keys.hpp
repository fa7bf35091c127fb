// The keys of a collection (DESIGN §5), one type a purpose.
#pragma once

#include <memory>

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

// K_batch: what a depositor, who has no key of the collection, uses in their place for one ingest.
using BatchKey = SecretKey<struct BatchPurpose>;

// With the chunk ids' key that follows from it. Stands under seal in each pack of the batch.
struct Batch {
  BatchKey key;
  IdKey id_key;

  [[nodiscard]] static std::shared_ptr<const Batch> from(BatchKey key) {
    IdKey id_key = derive<IdPurpose>(key, "muniment/batch-id/v1");
    return std::make_shared<const Batch>(Batch{std::move(key), std::move(id_key)});
  }
  [[nodiscard]] ChunkerKey chunker_key() const {
    return derive<ChunkerPurpose>(key, "muniment/batch-chunker/v1");
  }
  [[nodiscard]] SeedKey seed_key() const {
    return derive<SeedPurpose>(key, "muniment/batch-seed/v1");
  }
};

// Keyed, so that a content address confirms nothing to an outsider (DESIGN §4).
[[nodiscard]] inline ChunkId chunk_id(const IdKey& key, const Sha256Digest& digest) {
  return keyed_hash<ChunkId>(key, {digest.view()});
}

}  // namespace muniment
