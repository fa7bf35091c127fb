// C2SP tlog-checkpoint: the size and root of a log at one moment, signed by the log.
#pragma once

#include "vault/note/signed_note.hpp"

namespace muniment {

// Without extension lines: C2SP does not recommend them, and not every cosignature covers them.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Sha256Digest root;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A note's text: `origin LF size LF base64(root) LF`. The checkpoint must be one that decodes.
[[nodiscard]] std::string encode(const Checkpoint& checkpoint);

// Empty unless `text` is exactly what encode gives for some checkpoint. The origin `cosignature/v1`
// is refused: what a log signs shall never look like what a witness signs.
[[nodiscard]] std::optional<Checkpoint> decode_checkpoint(std::string_view text);

// By the one signature of the log itself, under the key name `name`.
[[nodiscard]] SignedNote sign_checkpoint(const Checkpoint& checkpoint, std::string_view name,
                                         const SigningKey<LogPurpose>& key);

// Empty unless the note's text is a checkpoint, `log` signed it, and every line of that name and id
// verifies. That the origin is the one expected is for the caller to check.
[[nodiscard]] std::optional<Checkpoint> open_checkpoint(const SignedNote& note,
                                                        const NoteKey<LogPurpose>& log);

}  // namespace muniment
