// The ratchet: each record is sealed under a key of its own, and each key gives the next one and
// not the one before. So whoever takes the device over later can neither read nor rewrite what was
// recorded earlier; the auditors have the first key and with it all. FORMAT.md §3.
#pragma once

#include "vault/audit/entry.hpp"
#include "vault/audit/record.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

using RatchetKey = SecretKey<struct RatchetPurpose>;

[[nodiscard]] RatchetCommitment ratchet_commitment(const LedgerName& ledger,
                                                   const RatchetKey& first);

// The key after this one, which the caller then drops.
[[nodiscard]] RatchetKey next_ratchet_key(const RatchetKey& key);

[[nodiscard]] AccessEntry seal_record(const RatchetKey& key, const LedgerName& ledger,
                                      const AccessRecord& record, Random& random);
// Empty if any byte, the key or the ledger differs.
[[nodiscard]] std::optional<AccessRecord> open_record(const RatchetKey& key,
                                                      const LedgerName& ledger,
                                                      const AccessEntry& entry);

// Who can read a log: an auditing member's device, or its recovery recipient.
struct Auditor {
  AccessReader who;
  std::variant<ReadingPublicKey, RecoveryPublicKey> key;

  friend bool operator==(const Auditor&, const Auditor&) = default;
};

// What tells whether a segment is sealed to just these, who stand in ascending order.
[[nodiscard]] Sha256Digest auditors_digest(std::span<const Auditor> auditors);

// The entries that begin a segment. `auditors` are at least one, in strictly ascending order.
[[nodiscard]] std::vector<std::string> begin_segment(const LedgerName& ledger,
                                                     const RatchetKey& first,
                                                     std::span<const Auditor> auditors,
                                                     Random& random);
// A segment's first key. Empty if the file is not for `key`, was altered, or holds another key than
// the entry commits to.
[[nodiscard]] std::optional<RatchetKey> open_ratchet_key(const ReadingSecretKey& key,
                                                         const LedgerName& ledger,
                                                         const SegmentEntry& entry, ByteView file);

// A record for the auditors alone, which takes no key to write. Only a short one fits.
[[nodiscard]] std::vector<std::string> seal_spooled(const AccessRecord& record,
                                                    std::span<const Auditor> auditors,
                                                    Random& random);
[[nodiscard]] std::optional<AccessRecord> open_spooled(const ReadingSecretKey& key, ByteView file);

}  // namespace muniment
