#include "vault/ledger/fork.hpp"

#include <algorithm>

namespace muniment {

namespace {

// One of the two histories.
struct History {
  std::span<const Sha256Digest> leaves;
  const SignedNote& checkpoint;
};

}  // namespace

SignedNote log_signature_alone(const SignedNote& note, const NoteKey<LogPurpose>& log) {
  SignedNote result{note.text, {}};
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name == log.name && signature.id == log.id()) {
      result.signatures.push_back(signature);
      break;
    }
  }
  return result;
}

bool is_proof(const LedgerFork& fork, const VerifyKey<LogPurpose>& log) {
  const NoteKey<LogPurpose> key = fork.name.note_key(log);
  const auto earlier = open_checkpoint(fork.earlier, key);
  const auto later = open_checkpoint(fork.later, key);
  if (!earlier || !later || earlier->origin != key.name || later->origin != key.name) return false;
  return proves_fork({earlier->size, earlier->root}, {later->size, later->root}, fork.root,
                     fork.proof);
}

std::optional<LedgerFork> find_fork(FileSystem& files, const Ledger::Path& ledgers,
                                    const LedgerCopy& copy, const VerifyKey<LogPurpose>& log) {
  if (!is_authentic(copy, log)) return std::nullopt;
  const auto ledger = Ledger::find(files, ledgers, copy.name, log);
  if (!ledger) return std::nullopt;
  std::vector<Sha256Digest> other;
  other.reserve(copy.entries.size());
  for (const std::string& entry : copy.entries) other.push_back(leaf_hash(as_bytes(entry)));
  const History earlier{ledger->leaves(), ledger->checkpoint()};
  const History later{other, copy.checkpoint};
  const bool swapped = ledger->size() > other.size();
  const History& less = swapped ? later : earlier;
  const History& more = swapped ? earlier : later;
  if (std::ranges::equal(less.leaves, more.leaves.first(less.leaves.size()))) return std::nullopt;
  const NoteKey<LogPurpose> key = copy.name.note_key(log);
  const NodeReader nodes = nodes_from_leaves(more.leaves);
  return LedgerFork{copy.name, log_signature_alone(less.checkpoint, key),
                    log_signature_alone(more.checkpoint, key),
                    merkle_root(less.leaves.size(), nodes),
                    consistency_proof(less.leaves.size(), more.leaves.size(), nodes)};
}

}  // namespace muniment
