// What a writer of the access log has to remember between two entries: the ratchet's key. Each new
// state is written over the one before. Losing it costs nothing but a new segment. FORMAT.md §4.
#pragma once

#include "vault/audit/ratchet.hpp"
#include "vault/base/file.hpp"
#include "vault/keyring/device_keys.hpp"

namespace muniment {

struct RatchetState {
  RatchetKey key;           // of the next record
  std::uint64_t size = 0;   // of the log for which that holds
  std::uint32_t steps = 0;  // records that the segment has
  UnixSeconds begun = 0;    // when the segment was begun
  Sha256Digest auditors;    // to whom it is sealed: auditors_digest
};

// Sealed under a key that follows from the log key: whoever can sign the log can continue it.
[[nodiscard]] Bytes encode_state(const RatchetState& state, const LedgerName& ledger,
                                 const LogKey& log, Random& random);
// Empty if any byte, the key or the ledger differs.
[[nodiscard]] std::optional<RatchetState> decode_state(ByteView bytes, const LedgerName& ledger,
                                                       const LogKey& log);

// Empty if there is none that opens.
[[nodiscard]] std::optional<RatchetState> load_state(FileSystem& files,
                                                     const FileSystem::Path& directory,
                                                     const LedgerName& ledger, const LogKey& log);
// In place, so that the key that was there is gone, as far as the medium lets it go. Unless it is
// synced here, the system writes it within seconds: one that a power cut leaves behind the log goes
// on from where the log is.
enum class StateSync { now, later };
void save_state(FileSystem& files, const FileSystem::Path& directory, ByteView encoded,
                StateSync sync);

}  // namespace muniment
