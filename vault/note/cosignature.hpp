// C2SP tlog-cosignature v1: a witness states that it has only ever seen this log grow, and that at
// this time this checkpoint was the largest.
#pragma once

#include "vault/base/clock.hpp"
#include "vault/note/checkpoint.hpp"

namespace muniment {

// The line to add to the note, whose text must be a checkpoint's. `time` is not before 1970. That
// the checkpoint is consistent with what this witness signed before is the caller's duty.
[[nodiscard]] NoteSignature cosign(const SignedNote& note, std::string_view name,
                                   const SigningKey<WitnessPurpose>& key, UnixSeconds time);

struct Cosignature {
  std::string name;  // of the witness
  UnixSeconds time = 0;

  friend bool operator==(const Cosignature&, const Cosignature&) = default;
};

// When the witness signed the note's text, by this line of it. Empty unless
// it bears the witness's name and id and verifies. Says nothing of the log: for who knows already
// that it signed the text.
[[nodiscard]] std::optional<UnixSeconds> open_cosignature(const SignedNote& note,
                                                          const NoteSignature& line,
                                                          const NoteKey<WitnessPurpose>& witness);

struct CosignedCheckpoint {
  Checkpoint checkpoint;
  // Of the known witnesses that signed, in the order in which they were given; of each the newest.
  std::vector<Cosignature> cosignatures;
};

// Empty unless the log signed the checkpoint, and no line of a known name and id, the log's or a
// witness's, fails to verify: one forged line condemns the note. Unknown lines are ignored. How
// many witnesses are enough, and how old they may be, is for the caller to say.
[[nodiscard]] std::optional<CosignedCheckpoint> open_cosigned(
    const SignedNote& note, const NoteKey<LogPurpose>& log,
    std::span<const NoteKey<WitnessPurpose>> witnesses);

}  // namespace muniment
