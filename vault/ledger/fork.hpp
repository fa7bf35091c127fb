// Two histories of one ledger, both signed by its device, and the proof of it: two checkpoints of
// which the later does not grow out of the earlier. It needs no entry of either.
#pragma once

#include "vault/ledger/copy.hpp"

namespace muniment {

struct LedgerFork {
  LedgerName name;
  SignedNote earlier;  // a checkpoint; no other signature than the log's
  SignedNote later;    // of the other history, of the same size or more
  // Of the first entries of the later one's history, as many as the earlier has: with `proof` it is
  // in the later one's root, and it is not the earlier one's root.
  Sha256Digest root;
  MerkleProof proof;
};

// As a proof has it: cosignatures add nothing to one, and there may be many.
[[nodiscard]] SignedNote log_signature_alone(const SignedNote& note,
                                             const NoteKey<LogPurpose>& log);

// The device signed both, and no ledger has both.
[[nodiscard]] bool is_proof(const LedgerFork& fork, const VerifyKey<LogPurpose>& log);

// What the copy proves together with the ledger on disk; empty if one of them begins with the
// other, or the copy is not authentic. Error(damaged) if the ledger on disk cannot be read.
[[nodiscard]] std::optional<LedgerFork> find_fork(FileSystem& files, const Ledger::Path& ledgers,
                                                  const LedgerCopy& copy,
                                                  const VerifyKey<LogPurpose>& log);

}  // namespace muniment
