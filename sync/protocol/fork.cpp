#include "sync/protocol/fork.hpp"

namespace muniment::sync {

namespace {

std::optional<TreeHead> open_head(const std::string& text, const NoteKey<LogPurpose>& log) {
  const auto note = decode_signed_note(text);
  if (!note) return std::nullopt;
  const auto checkpoint = open_checkpoint(*note, log);
  if (!checkpoint || checkpoint->origin != log.name) return std::nullopt;
  return TreeHead{checkpoint->size, checkpoint->root};
}

}  // namespace

bool verify_fork(const ForkProof& proof, const NoteKey<LogPurpose>& log) {
  const auto smaller = open_head(proof.smaller, log);
  const auto larger = open_head(proof.larger, log);
  return smaller && larger && proves_fork(*smaller, *larger, proof.old_root, proof.proof);
}

}  // namespace muniment::sync
