#include "sync/protocol/ledger_pull.hpp"

#include "vault/base/assert.hpp"

namespace muniment::sync {

LedgerPull::LedgerPull(Ledgers& ledgers, SignatureMemo& memo, GrowthBudget& budget,
                       const LedgerRef& ledger)
    : x_ledgers(ledgers), x_memo(memo), x_budget(budget), x_ledger(ledger) {
  if (auto held = ledgers.find(ledger)) {
    x_have = held->tree;
    x_note = std::move(held->note);
  }
}

LedgerPull::~LedgerPull() {
  give_back();
}

void LedgerPull::give_back() {
  x_budget.give_back(x_bytes);
  x_bytes = 0;
  x_entries.clear();
}

void LedgerPull::give_up() {
  give_back();
  x_state = State::nothing_new;
}

void LedgerPull::take(const LedgerHead& message) {
  VAULT_ASSERT(x_state == State::waiting && x_to_come == 0);
  // How much comes is known from what the note says, whether or not anything in it is true.
  const auto note = decode_signed_note(message.note);
  const auto checkpoint = note ? decode_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || checkpoint->size == 0) {
    x_state = State::bad_signature;
    return;
  }
  x_to_come = checkpoint->size > x_have.size ? checkpoint->size - x_have.size : 0;
  const auto known = find_keys(x_ledgers, x_ledger, x_memo);
  x_state = known ? judge_known(message, *known) : judge_unknown(message);
  if (x_state == State::waiting) x_frontier = x_ledgers.frontier(x_ledger);
}

LedgerPull::State LedgerPull::judge_unknown(const LedgerHead& message) {
  if (!x_ledger.collection.is_zero() || x_have.size != 0) return State::not_taken;
  if (!message.proof.empty() || !message.old_root.is_zero()) return State::bad_proof;
  x_unknown_device = true;
  x_new_note = message.note;
  return State::waiting;
}

LedgerPull::State LedgerPull::judge_known(const LedgerHead& message, const NoteKeys& keys) {
  const auto theirs = verify_note(message.note, keys);
  if (!theirs) return State::bad_signature;
  if (theirs->tree.size < x_have.size) return judge_smaller(message, *theirs);
  if (theirs->tree.size == x_have.size) return judge_equal(message, *theirs, keys);
  if (x_have.size == 0) {
    if (!message.proof.empty() || !message.old_root.is_zero()) return State::bad_proof;
  } else {
    const TreeHead before{x_have.size, message.old_root};
    if (!verify_consistency(before, theirs->tree, message.proof)) return State::bad_proof;
    if (message.old_root != x_have.root) {
      return found_fork(
          {x_ledger, message.old_root, message.proof, encode(x_note), encode(theirs->note)});
    }
  }
  x_new_tree = theirs->tree;
  x_new_note = encode(theirs->note);
  return State::waiting;
}

LedgerPull::State LedgerPull::judge_smaller(const LedgerHead& message, const VerifiedNote& theirs) {
  if (!message.proof.empty() || message.old_root != theirs.tree.root) return State::bad_proof;
  const std::uint64_t size = theirs.tree.size;
  const Sha256Digest ours = x_ledgers.root_at(x_ledger, size);
  if (ours == theirs.tree.root) return State::nothing_new;
  return found_fork({x_ledger, ours, x_ledgers.prove(x_ledger, size, x_have.size),
                     encode(theirs.note), encode(x_note)});
}

LedgerPull::State LedgerPull::judge_equal(const LedgerHead& message, const VerifiedNote& theirs,
                                          const NoteKeys& keys) {
  if (!message.proof.empty() || message.old_root != theirs.tree.root) return State::bad_proof;
  if (theirs.tree.root != x_have.root) {
    return found_fork({x_ledger, theirs.tree.root, {}, encode(x_note), encode(theirs.note)});
  }
  const auto held = x_ledgers.find(x_ledger);
  if (!held || held->note.text != theirs.note.text) return State::nothing_new;
  const SignedNote merged = merge_notes(held->note, theirs.note, keys);
  if (encode(merged) == encode(held->note)) return State::nothing_new;
  x_ledgers.replace_note(x_ledger, merged);
  return State::cosigned;
}

LedgerPull::State LedgerPull::found_fork(ForkProof proof) {
  x_fork = std::move(proof);
  return x_ledger.device == x_ledgers.device() ? State::own_differs : State::forked;
}

void LedgerPull::take(Entries message) {
  if (message.entries.size() > x_to_come) {
    x_state = State::unasked;
    return;
  }
  x_to_come -= message.entries.size();
  if (x_state != State::waiting) return;
  std::size_t bytes = 0;
  for (const std::string& entry : message.entries) bytes += entry.size() + sizeof(std::string);
  const bool fits = !x_unknown_device || x_bytes + bytes <= limits::unknown_device_bytes_max;
  if (!fits || !x_budget.take(bytes)) {
    give_back();
    x_state = State::not_taken;
    return;
  }
  x_bytes += bytes;
  for (std::string& entry : message.entries) {
    x_frontier.append(leaf_hash(as_bytes(entry)));
    x_entries.push_back(std::move(entry));
  }
  if (x_to_come > 0) return;
  x_state = commit();
  give_back();
}

LedgerPull::State LedgerPull::commit() {
  if (x_unknown_device) {
    auto log = x_ledgers.vouched_key(x_ledger, x_entries);
    if (!log) return State::not_taken;
    const auto theirs = verify_note(x_new_note, {std::move(*log), x_ledgers.witnesses(), x_memo});
    if (!theirs) return State::bad_signature;
    x_new_tree = theirs->tree;
    x_new_note = encode(theirs->note);
  }
  if (x_frontier.head() != x_new_tree) return State::bad_proof;
  // Another session may have been faster.
  const auto held = x_ledgers.find(x_ledger);
  if ((held ? held->tree : TreeHead{}) != x_have) return State::nothing_new;
  if (x_ledgers.find_fork(x_ledger)) return State::nothing_new;
  if (!held && !x_ledgers.admits(x_ledger, x_entries)) return State::not_taken;
  x_ledgers.append(x_ledger, x_entries, *decode_signed_note(x_new_note));
  return State::grown;
}

}  // namespace muniment::sync
