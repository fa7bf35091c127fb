// What stands in ledgers: texts whose first line says which act they record. The acts that concern
// packs and snapshots are here; those that decide who may do what are vault/consortium's. Texts:
// FORMAT.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

enum class Act {
  charter,
  device,
  recovery,
  revoke,
  collection,
  epoch,
  grant,
  packs,
  snapshot,
  recovered,
  fork,
  travel,
  returned,
  rewrap,
  unknown,  // kept, counted, passed on; gives no rights
};

// The first line of the act's entries, `muniment/<act>/v1`; not for `unknown`.
[[nodiscard]] std::string_view type_line(Act act) noexcept;

// `unknown` for any entry whose first line is none of the above, whatever its bytes.
[[nodiscard]] Act act_of(std::string_view entry) noexcept;

// A pack's file and how much of it there must be.
struct PackRef {
  PackId id;
  std::uint8_t size_class = 0;  // log2 of its body: 20 to 24

  friend auto operator<=>(const PackRef&, const PackRef&) = default;
};

// Packs that later snapshots of this ledger may use, and the epoch they are sealed to.
struct PacksEntry {
  EpochCommitment epoch;
  std::vector<PackRef> packs;  // 1 to limits::packs_per_entry_max, ascending ids

  friend bool operator==(const PacksEntry&, const PacksEntry&) = default;
};

[[nodiscard]] std::string encode(const PacksEntry& entry);
[[nodiscard]] std::optional<PacksEntry> decode_packs(std::string_view entry);

struct SnapshotEntry {
  CollectionId collection;
  std::uint64_t number = 0;   // from 1, counted by this ledger
  std::uint32_t charter = 0;  // number of the charter in force
  EpochCommitment epoch;      // to which `sealed` is sealed
  Sha256Digest content_root;
  std::uint64_t packs = 0;  // how many distinct packs it needs
  Bytes sealed;             // a SnapshotRecord

  friend bool operator==(const SnapshotEntry&, const SnapshotEntry&) = default;
};

[[nodiscard]] std::string encode(const SnapshotEntry& entry);
[[nodiscard]] std::optional<SnapshotEntry> decode_snapshot(std::string_view entry);

// The sealed part of a snapshot entry.
struct SnapshotRecord {
  ChunkId index;  // the chunk that heads its manifest
  std::uint32_t index_plain_bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t leaves = 0;  // of the content tree
  UnixSeconds time = 0;      // when it was ingested

  friend bool operator==(const SnapshotRecord&, const SnapshotRecord&) = default;
};

[[nodiscard]] std::string encode(const SnapshotRecord& record);
[[nodiscard]] std::optional<SnapshotRecord> decode_snapshot_record(std::string_view text);

}  // namespace muniment
