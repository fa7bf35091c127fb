// The entries of an access log as everybody sees them: nothing in clear but their kind, their level
// and to whom keys are sealed. Text: FORMAT.md §2.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "vault/keyring/salted_box.hpp"
#include "vault/ledger/name.hpp"
#include "vault/note/record.hpp"

namespace muniment {

// The pseudo-collection under whose name a device's access log stands: its number and a 1, as 16
// bytes. The first log of a device has the number 0; one that it begins after it was put back to an
// older state, a random one.
using AccessLogNumber = FixedBytes<struct AccessLogNumberTag, 8>;
[[nodiscard]] CollectionId access_collection(const AccessLogNumber& number = {}) noexcept;
[[nodiscard]] bool is_access_collection(const CollectionId& collection) noexcept;
[[nodiscard]] AccessLogNumber access_log_number(const CollectionId& collection) noexcept;

// What must have happened before the key is used.
enum class AccessLevel : std::uint8_t {
  synced = 0,     // L0: the entry is on disk
  ratcheted = 1,  // L1: and nobody can rewrite it later, not with this device's keys either
  witnessed = 2,  // L2: and a quorum has cosigned it; not written yet
  released = 3,   // L3: and partners release the key for it; not written yet
};

// A record, sealed under the ratchet.
struct AccessEntry {
  AccessLevel level = AccessLevel::ratcheted;
  SaltedBox box;
  Bytes release;  // at L3 what partners need for releasing the key; else empty

  friend bool operator==(const AccessEntry& a, const AccessEntry& b) {
    return a.level == b.level && a.box.salt == b.box.salt && a.box.sealed == b.box.sealed &&
           a.release == b.release;
  }
};

// For whom something is sealed: a device, or a member's recovery recipient.
using AccessReader = std::variant<DeviceId, MemberId>;

struct SealedForReader {
  AccessReader to;
  Bytes file;  // an age file

  friend bool operator==(const SealedForReader&, const SealedForReader&) = default;
};

// SHA-256("muniment/access-commit/v1" || 00 || origin || 00 || k_0).
using RatchetCommitment = FixedBytes<struct RatchetCommitmentTag, 32>;

// Begins a segment: the ratchet's first key, committed to and sealed. What does not fit stands in a
// second entry with the same commitment, directly after.
struct SegmentEntry {
  std::uint32_t scheme = 1;  // how the key comes about: 1, it is random
  RatchetCommitment commitment;
  std::vector<SealedForReader> keys;  // 1 to segment_keys_max, in strictly ascending order

  friend bool operator==(const SegmentEntry&, const SegmentEntry&) = default;
};

// A record that was written down while no log key was open, sealed to the auditors directly.
struct SpooledEntry {
  std::vector<SealedForReader> records;  // as above

  friend bool operator==(const SpooledEntry&, const SpooledEntry&) = default;
};

// The first entry of a log that is not a device's first, and wherever more is known of one that
// ended before it: that log, and its largest checkpoint that is known, if any is.
struct AccessFollows {
  LedgerName log;
  std::optional<SignedNote> checkpoint;
};

// An age file for one reader takes some 2,500 bytes of an entry's 65,535.
inline constexpr std::size_t segment_keys_max = 24;
inline constexpr std::size_t sealed_for_reader_bytes_max = 1986;

enum class AccessEntryKind { access, segment, spooled, follows, unknown };

// `unknown` for any other first line: kept and counted.
[[nodiscard]] AccessEntryKind kind_of(std::string_view entry) noexcept;

[[nodiscard]] std::string encode(const AccessEntry& entry);
[[nodiscard]] std::string encode(const SegmentEntry& entry);
[[nodiscard]] std::string encode(const SpooledEntry& entry);
[[nodiscard]] std::string encode(const AccessFollows& entry);
[[nodiscard]] std::optional<AccessEntry> decode_access_entry(std::string_view entry);
[[nodiscard]] std::optional<SegmentEntry> decode_segment_entry(std::string_view entry);
[[nodiscard]] std::optional<SpooledEntry> decode_spooled_entry(std::string_view entry);
[[nodiscard]] std::optional<AccessFollows> decode_follows_entry(std::string_view entry);

// The lines `log <origin>` and, if it is known, `checkpoint <base64>`.
void write_follows(RecordWriter& writer, const AccessFollows& follows);
// Empty if there is no such line.
[[nodiscard]] std::optional<AccessFollows> read_follows_if(RecordReader& reader);

}  // namespace muniment
