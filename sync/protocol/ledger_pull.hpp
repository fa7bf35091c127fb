// One ledger taken from one peer: what it sends is judged as PROTOCOL.md §5 says, and nothing is
// stored that was not proved.
#pragma once

#include "sync/protocol/ledgers.hpp"

namespace muniment::sync {

// Bytes of entries that all pulls of a process hold until they are proved.
class GrowthBudget {
 public:
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    if (bytes > limits::ledger_growth_bytes_max - x_used) return false;
    x_used += bytes;
    return true;
  }
  void give_back(std::size_t bytes) noexcept { x_used -= bytes; }
  [[nodiscard]] std::size_t used() const noexcept { return x_used; }

 private:
  std::size_t x_used = 0;
};

class LedgerPull {
 public:
  enum class State {
    waiting,  // for LEDGER, or for more ENTRIES
    grown,    // stored
    cosigned,
    nothing_new,  // it has no more than we, or our state has changed meanwhile
    forked,       // see fork()
    own_differs,  // as forked, but the ledger is our own
    not_taken,    // of a device that nobody vouches for, or larger than a limit
    bad_proof,
    bad_signature,
    unasked,  // more entries than the checkpoint has
  };

  // All must outlive it.
  LedgerPull(Ledgers& ledgers, SignatureMemo& memo, GrowthBudget& budget, const LedgerRef& ledger);
  LedgerPull(const LedgerPull&) = delete;
  LedgerPull& operator=(const LedgerPull&) = delete;
  ~LedgerPull();

  [[nodiscard]] const LedgerRef& ledger() const noexcept { return x_ledger; }
  [[nodiscard]] GetLedger request() const { return {x_ledger, x_have}; }

  // Each throws what Ledgers throws; the pull is over then.
  void take(const LedgerHead& message);
  void take(Entries message);

  // Our disk failed: what comes is passed over.
  void give_up();

  [[nodiscard]] State state() const noexcept { return x_state; }
  // What was stored, once it has grown.
  [[nodiscard]] const TreeHead& tree() const noexcept { return x_new_tree; }
  // Entries of the answer that are still to come, whether or not they are wanted any more.
  [[nodiscard]] std::uint64_t entries_to_come() const noexcept { return x_to_come; }
  [[nodiscard]] const std::optional<ForkProof>& fork() const noexcept { return x_fork; }

 private:
  [[nodiscard]] State judge_known(const LedgerHead& message, const NoteKeys& keys);
  [[nodiscard]] State judge_unknown(const LedgerHead& message);
  [[nodiscard]] State judge_smaller(const LedgerHead& message, const VerifiedNote& theirs);
  [[nodiscard]] State judge_equal(const LedgerHead& message, const VerifiedNote& theirs,
                                  const NoteKeys& keys);
  [[nodiscard]] State found_fork(ForkProof proof);
  [[nodiscard]] State commit();
  void give_back();

  Ledgers& x_ledgers;
  SignatureMemo& x_memo;
  GrowthBudget& x_budget;
  LedgerRef x_ledger;
  TreeHead x_have;
  SignedNote x_note;  // of what we have
  State x_state = State::waiting;
  bool x_unknown_device = false;
  std::string x_new_note;
  TreeHead x_new_tree;
  std::uint64_t x_to_come = 0;
  Frontier x_frontier;
  std::vector<std::string> x_entries;
  std::size_t x_bytes = 0;  // of them, taken from the budget
  std::optional<ForkProof> x_fork;
};

}  // namespace muniment::sync
