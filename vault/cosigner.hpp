// Signs as a witness: after the access log says so, and after the checkpoint is remembered
// (witness_memory.hpp), so that this device never vouches for two histories of one log, however
// either came.
#pragma once

#include "vault/state.hpp"
#include "vault/witness_memory.hpp"
#include "vault/witness_text.hpp"

namespace muniment {

// Not thread-safe. Members need the vault's lock, which the caller holds.
class Cosigner {
 public:
  // Both must outlive it.
  Cosigner(Vault::State& vault, const ServiceKeys& keys);

  // `note`, with this device's signature if it may be given: the checkpoint is the log's, over
  // `leaves`, and grew out of what this device cosigned before, which is smaller or the same; and
  // the access log can be written. Else as it was. Error(damaged) if the log has two histories:
  // then the proof is kept, and it is frozen.
  [[nodiscard]] SignedNote cosign(const NoteKey<LogPurpose>& log, const SignedNote& note,
                                  std::span<const Sha256Digest> leaves);

  // The same of access logs that are here, with one entry in this device's own that names them all:
  // they grow by the hour, all at once. In the order of `logs`: their checkpoints, with this
  // device's signature where it was given. Proofs of two histories are kept.
  [[nodiscard]] std::vector<SignedNote> cosign_together(std::span<const LoggedTree> logs);

  // The same for who has the checkpoint alone and shows how it grew (C2SP tlog-witness): refuses by
  // an answer. `held` is the ledger if it is here, else null; the checkpoint has the signature of
  // `log`. A proof that it forked is kept, and stands in the answer.
  [[nodiscard]] WitnessAnswer answer(const NoteKey<LogPurpose>& log, const WitnessAsk& ask,
                                     const Ledger* held);

  // What was cosigned last: an answer `stale`.
  [[nodiscard]] WitnessAnswer answer_last(const NoteKey<LogPurpose>& log) const;

  // A refusal that needed no look at the log.
  [[nodiscard]] WitnessAnswer refuse(WitnessVerdict verdict, const Checkpoint& asked);

 private:
  // How `note` came to be, as far as it can be told.
  struct Growth;
  struct Judged;

  // What was signed last; `held` may have it, too, if the memory was lost.
  [[nodiscard]] std::optional<Witnessed> last(const NoteKey<LogPurpose>& log,
                                              const Ledger* held) const;
  [[nodiscard]] static Judged judge(const NoteKey<LogPurpose>& log, const Growth& growth,
                                    std::optional<Witnessed> before);
  [[nodiscard]] std::optional<LedgerFork> differs_from_held(const NoteKey<LogPurpose>& log,
                                                            const SignedNote& note,
                                                            const Ledger* held) const;
  // Remembers, and returns, the log's signature and this device's.
  [[nodiscard]] SignedNote sign(const NoteKey<LogPurpose>& log, const SignedNote& note);
  // Whether nothing speaks against it. A proof that it forked is kept.
  [[nodiscard]] bool may_sign(const LoggedTree& log, const Checkpoint& checkpoint);
  [[nodiscard]] NoteKey<LogPurpose> key_of(const LedgerName& log) const;
  ForkEntry keep(LedgerFork fork);
  void note_act(const Checkpoint& checkpoint, AccessOutcome outcome, std::string_view why);
  void write_act(AccessSubject subject, AccessOutcome outcome);

  Vault::State& x_vault;
  const ServiceKeys& x_keys;
  NoteKey<WitnessPurpose> x_self;
  WitnessMemory x_memory;
};

// The proof that a copy of a ledger and what this device cosigned of the ledger are two histories;
// empty if they are not, or the copy is too short to tell.
[[nodiscard]] std::optional<LedgerFork> contradicts(const LedgerCopy& copy,
                                                    const Witnessed& cosigned,
                                                    const NoteKey<LogPurpose>& log);

}  // namespace muniment
