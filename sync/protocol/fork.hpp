// Two histories of one ledger, both signed by its device: made, and verified from nothing but the
// device's log key. PROTOCOL.md §6.
#pragma once

#include "sync/protocol/message.hpp"
#include "vault/note/checkpoint.hpp"

namespace muniment::sync {

// True if the proof shows what it says for the ledger whose log key, with the origin as name, is
// `log`.
[[nodiscard]] bool verify_fork(const ForkProof& proof, const NoteKey<LogPurpose>& log);

}  // namespace muniment::sync
