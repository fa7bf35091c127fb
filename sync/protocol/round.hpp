// One round (PROTOCOL.md §5): what is asked of one peer, and in which order, to learn what it has
// more. Ledgers themselves are pulled by LedgerPull.
#pragma once

#include <deque>

#include "sync/protocol/node.hpp"

namespace muniment::sync {

struct RoundResult {
  bool grew = false;   // a ledger did
  bool again = false;  // it was not taken for want of what another ledger has
};

class Round {
 public:
  // `node` must outlive it.
  Round(Node& node, const DeviceId& peer) : x_node(node), x_peer(peer) {}

  [[nodiscard]] bool running() const noexcept { return x_stage != Stage::none; }
  void begin();

  // What to ask next: GetCollections, GetHeads, GetFork or GetLedger. Empty if an answer has to
  // come first, or the round is over. Each is answered by take, or ended by done.
  [[nodiscard]] std::optional<Message> next(Instant now);

  void take(const Collections& answer);
  void take(const Heads& answer);
  // A request that was asked has no answer, or one that was dealt with.
  void done(const RoundResult& result = {});

 private:
  enum class Stage { none, collections, built_in, others };

  void compare(const Heads& theirs);
  void compare(const LedgerRef& ledger, const Head& theirs);
  // One more that we do not hold, of a peer that has offered too many that were not taken.
  [[nodiscard]] bool is_in_vain(const LedgerRef& ledger) const;
  void advance();

  Node& x_node;
  DeviceId x_peer;
  Stage x_stage = Stage::none;
  std::deque<Message> x_to_ask;
  std::size_t x_asked = 0;  // and not answered
  std::size_t x_not_taken = 0;
  std::vector<CollectionId> x_others;
  bool x_grew = false;
  bool x_again = false;
};

}  // namespace muniment::sync
