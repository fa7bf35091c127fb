// What the catalog holds, as values.
#pragma once

#include <string>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

// How far a ledger was replayed into the catalog. A ledger that is now shorter, or has another root
// at this size, is not the one that the catalog was made from.
struct LedgerHead {
  LedgerId ledger;
  std::uint64_t size = 0;  // entries
  Sha256Digest root;       // RFC 9162 root over them

  friend bool operator==(const LedgerHead&, const LedgerHead&) = default;
};

// A pack as a ledger lists it, or as its own header states it.
struct PackFacts {
  PackId id;
  unsigned size_class = 0;  // log2 of the body's bytes
  EpochCommitment epoch;

  friend bool operator==(const PackFacts&, const PackFacts&) = default;
};

// Stored as these numbers.
enum class PackState : std::uint8_t {
  unread = 0,   // its chunks are not known: it is not here, or was not opened yet, or cannot be
  indexed = 1,  // its chunks can be found
  lost = 2,     // as indexed, but missing, or damaged past healing: some of it may be readable, but
                // nothing may rely on it
};

struct CatalogPack {
  PackFacts facts;
  PackState state = PackState::unread;
  bool listed = false;  // by a ledger; if not, an interrupted ingest left it

  friend bool operator==(const CatalogPack&, const CatalogPack&) = default;
};

// An opened pack: its header's facts, and the chunk that each frame of its table holds, in frame
// order.
struct PackIndex {
  PackFacts facts;
  std::vector<ChunkId> chunks;
};

// Where a chunk may be.
struct ChunkLocation {
  PackId pack;
  std::uint32_t frame = 0;
  EpochCommitment epoch;
  bool lost = false;  // see PackState::lost

  friend bool operator==(const ChunkLocation&, const ChunkLocation&) = default;
};

struct CatalogSnapshot {
  CollectionId collection;
  std::uint64_t number = 0;
  DeviceId device;
  LedgerId ledger;
  std::uint64_t entry = 0;  // index of its entry in that ledger
  UnixSeconds time = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  ChunkId index;  // the chunk that lists the manifest's chunks
  Sha256Digest content_root;

  friend bool operator==(const CatalogSnapshot&, const CatalogSnapshot&) = default;
};

struct CatalogCollection {
  CollectionId id;
  std::string name;

  friend bool operator==(const CatalogCollection&, const CatalogCollection&) = default;
};

}  // namespace muniment
