// Checkpoints' notes as replicas exchange them: verified, and in one canonical form, so that two
// replicas that know the same signatures hold the same bytes. PROTOCOL.md §5.
#pragma once

#include <set>

#include "vault/merkle/tree.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment::sync {

// Signatures that verified, so that each is verified once, however often notes are compared.
// Bounded: forgets all when it is full.
class SignatureMemo {
 public:
  // Whether this line of the note, which bears the key's name and id, signs its text.
  [[nodiscard]] bool verifies(const SignedNote& note, const NoteSignature& line,
                              const NoteKey<LogPurpose>& log);
  [[nodiscard]] bool verifies(const SignedNote& note, const NoteSignature& line,
                              const NoteKey<WitnessPurpose>& witness);

 private:
  template <class Verify>
  bool remember(const Sha256Digest& what, Verify verify);

  std::set<Sha256Digest> x_verified;
};

// Whose signatures on a ledger's checkpoints are known. The log's name is the ledger's origin.
struct NoteKeys {
  NoteKey<LogPurpose> log;
  std::vector<NoteKey<WitnessPurpose>> witnesses;
  SignatureMemo& memo;
};

struct VerifiedNote {
  TreeHead tree;
  SignedNote note;  // canonical
};

// Empty unless `encoded` is the note of a checkpoint of this ledger, not of size 0, that the log
// signed. Lines of known witnesses that do not verify are dropped: whoever passes them on may not
// know the witness yet.
[[nodiscard]] std::optional<VerifiedNote> verify_note(std::string_view encoded,
                                                      const NoteKeys& keys);

// The log's line, of each known witness the latest, and few of unknown keys; sorted. `note` is one
// that the log signed.
[[nodiscard]] SignedNote canonical(const SignedNote& note, const NoteKeys& keys);

// The canonical note with the signatures of both, whose texts are the same.
[[nodiscard]] SignedNote merge_notes(const SignedNote& a, const SignedNote& b,
                                     const NoteKeys& keys);

// SHA-256(00 || encoded note).
[[nodiscard]] Sha256Digest note_digest(const SignedNote& note);

}  // namespace muniment::sync
