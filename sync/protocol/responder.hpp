// Answers what one peer asks: first of all whether it may be told. PROTOCOL.md §4.
#pragma once

#include <deque>

#include "sync/protocol/node.hpp"

namespace muniment::sync {

class Responder {
 public:
  enum class Outcome { idle, answered, flood };

  // `node` must outlive it.
  Responder(Node& node, const DeviceId& peer) : x_node(node), x_peer(peer) {}

  // Takes a request. False if more wait, or their answers are larger, than our HELLO allows.
  [[nodiscard]] bool queue(std::uint32_t request, Message message);

  // Appends the next frame of an answer to `target`. Small answers come first. Error(io) if entries
  // that were promised, or shards, cannot be read: the answer is then lost, and the session over.
  [[nodiscard]] Outcome answer(Bytes& target, Instant now);

  [[nodiscard]] std::size_t waiting() const noexcept { return x_small.size() + x_bulk.size(); }
  // If only shards wait, and may not go yet: until when.
  [[nodiscard]] std::optional<Instant> held_until(Instant now) const;

 private:
  // The entries of a ledger that are still to be sent.
  struct Stream {
    LedgerRef ledger;
    std::uint64_t next = 0;
    std::uint64_t end = 0;
  };
  using Job = std::variant<Message, Stream>;
  struct Waiting {
    std::uint32_t request = 0;
    std::size_t cost = 0;
    Job job;
  };

  [[nodiscard]] Message answer_or_refuse(const Message& request, Instant now);
  [[nodiscard]] Message answer_small(const Message& request, Instant now);
  [[nodiscard]] Message heads(const GetHeads& request);
  // Sets x_stream if entries are to follow.
  [[nodiscard]] Message ledger(const GetLedger& request);
  [[nodiscard]] bool shows_own(const GetLedger& request, const HeldLedger& held);
  [[nodiscard]] Message fork(const GetFork& request) const;
  [[nodiscard]] Message tile(const GetTile& request) const;
  [[nodiscard]] Message proofs(const Challenge& request, Instant now);
  [[nodiscard]] Outcome answer_shards(const GetShards& request, std::uint32_t number, Bytes& target,
                                      Instant now) const;
  // What comes next of shards and entries; the end if all of it has to wait.
  [[nodiscard]] std::deque<Waiting>::iterator next_bulk(Instant now);
  [[nodiscard]] Entries next_batch(Stream& stream) const;
  [[nodiscard]] bool may_have(const CollectionId& collection) const {
    return x_node.ledgers().may_have(x_peer, collection);
  }
  [[nodiscard]] bool may_have(const PackName& pack) const {
    return may_have(pack.collection) && x_node.packs().is_listed(pack);
  }

  Node& x_node;
  DeviceId x_peer;
  std::deque<Waiting> x_small;
  std::deque<Waiting> x_bulk;
  std::size_t x_cost = 0;
  std::optional<Stream> x_stream;
};

// What an answer to this request counts for.
[[nodiscard]] std::size_t answer_cost(const Message& request);

}  // namespace muniment::sync
