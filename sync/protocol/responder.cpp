#include "sync/protocol/responder.hpp"

#include "vault/base/error.hpp"

namespace muniment::sync {

namespace {

constexpr std::size_t ledger_cost = limits::mib;

std::size_t bound(MessageType type) {
  return *body_bytes_max(static_cast<std::uint8_t>(type));
}

}  // namespace

std::size_t answer_cost(const Message& request) {
  switch (type_of(request)) {
    case MessageType::get_collections:
      return bound(MessageType::collections);
    case MessageType::get_heads:
      return bound(MessageType::heads);
    case MessageType::get_ledger:
      return ledger_cost;
    case MessageType::get_fork:
      return bound(MessageType::fork);
    case MessageType::get_tile:
      return bound(MessageType::tile);
    case MessageType::get_shards:
      return bound(MessageType::shards);
    case MessageType::challenge:
      return bound(MessageType::proofs);
    default:
      return 0;
  }
}

bool Responder::queue(std::uint32_t request, Message message) {
  const std::size_t cost = answer_cost(message);
  if (waiting() >= limits::requests_max || cost > limits::window_bytes_max - x_cost) return false;
  x_cost += cost;
  auto& line = std::holds_alternative<GetShards>(message) ? x_bulk : x_small;
  line.push_back({request, cost, std::move(message)});
  return true;
}

Responder::Outcome Responder::answer(Bytes& target, Instant now) {
  if (!x_small.empty()) {
    const Waiting waiting = std::move(x_small.front());
    x_small.pop_front();
    x_stream.reset();
    encode_frame(answer_or_refuse(std::get<Message>(waiting.job), now), waiting.request, target);
    if (x_stream) {
      x_bulk.push_back({waiting.request, waiting.cost, *x_stream});
    } else {
      x_cost -= waiting.cost;
    }
    return Outcome::answered;
  }
  const auto next = next_bulk(now);
  if (next == x_bulk.end()) return Outcome::idle;
  Waiting waiting = std::move(*next);
  x_bulk.erase(next);
  if (auto* stream = std::get_if<Stream>(&waiting.job)) {
    encode_frame(next_batch(*stream), waiting.request, target);
    if (stream->next < stream->end) {
      x_bulk.push_back(std::move(waiting));
    } else {
      x_cost -= waiting.cost;
    }
    return Outcome::answered;
  }
  x_cost -= waiting.cost;
  return answer_shards(std::get<GetShards>(std::get<Message>(waiting.job)), waiting.request, target,
                       now);
}

std::deque<Responder::Waiting>::iterator Responder::next_bulk(Instant now) {
  const Instant ready = x_node.throttle().ready_at(Way::out, x_peer);
  const bool is_soon = ready > now && ready <= now + limits::throttle_patience;
  if (!is_soon) return x_bulk.begin();
  return std::ranges::find_if(
      x_bulk, [](const Waiting& each) { return std::holds_alternative<Stream>(each.job); });
}

std::optional<Instant> Responder::held_until(Instant now) const {
  if (!x_small.empty() || x_bulk.empty()) return std::nullopt;
  const Instant ready = x_node.throttle().ready_at(Way::out, x_peer);
  return ready > now ? std::optional(ready) : std::nullopt;
}

// What we cannot read, we do not have.
Message Responder::answer_or_refuse(const Message& request, Instant now) {
  try {
    return answer_small(request, now);
  } catch (const Error& error) {
    x_stream.reset();
    x_node.listener().storage_failed(error.what());
    return Refused{};
  }
}

Message Responder::answer_small(const Message& request, Instant now) {
  if (std::holds_alternative<Ping>(request)) return Pong{};
  if (std::holds_alternative<GetCollections>(request)) {
    return x_node.heads().collections_for(x_peer);
  }
  if (const auto* get_heads = std::get_if<GetHeads>(&request)) return heads(*get_heads);
  if (const auto* get_ledger = std::get_if<GetLedger>(&request)) return ledger(*get_ledger);
  if (const auto* get_fork = std::get_if<GetFork>(&request)) return fork(*get_fork);
  if (const auto* get_tile = std::get_if<GetTile>(&request)) return tile(*get_tile);
  return proofs(std::get<Challenge>(request), now);
}

Message Responder::heads(const GetHeads& request) {
  // What we are not to have ourselves, we know nothing of.
  if (!x_node.ledgers().may_share(x_peer, request.collection)) return Refused{};
  return x_node.heads().heads(request.collection);
}

Message Responder::ledger(const GetLedger& request) {
  const Ledgers& ledgers = x_node.ledgers();
  const LedgerRef& name = request.ledger;
  if (!may_have(name.collection)) return Refused{};
  const auto held = ledgers.find(name);
  const auto keys = x_node.heads().keys_of(name);
  if (!held || !keys || ledgers.find_fork(name)) return Refused{};
  if (name.device == ledgers.device() && !shows_own(request, *held)) return Refused{};
  LedgerHead head{{}, {}, encode(canonical(held->note, *keys))};
  if (head.note.size() > limits::note_bytes_max) return Refused{};
  const std::uint64_t size = held->tree.size;
  if (request.have.size >= size) {
    head.old_root = held->tree.root;
    return head;
  }
  if (request.have.size > 0) {
    head.old_root = ledgers.root_at(name, request.have.size);
    head.proof = ledgers.prove(name, request.have.size, size);
  }
  x_stream = Stream{name, request.have.size, size};
  return head;
}

bool Responder::shows_own(const GetLedger& request, const HeldLedger& held) {
  const std::uint64_t known = request.have.size;
  if (known > held.tree.size) {
    x_node.listener().own_ledger_is_old(request.ledger, known);
    return false;
  }
  if (known == 0) return true;
  if (x_node.ledgers().root_at(request.ledger, known) == request.have.root) return true;
  x_node.listener().own_ledger_differs(request.ledger);
  return false;
}

Entries Responder::next_batch(Stream& stream) const {
  Entries batch;
  std::size_t bytes = 0;
  while (stream.next < stream.end) {
    std::string entry = x_node.ledgers().entry(stream.ledger, stream.next);
    if (bytes + 2 + entry.size() > limits::batch_bytes_max) break;
    bytes += 2 + entry.size();
    batch.entries.push_back(std::move(entry));
    ++stream.next;
  }
  return batch;
}

Message Responder::fork(const GetFork& request) const {
  if (!may_have(CollectionId{})) return Refused{};
  if (auto proof = x_node.ledgers().find_fork(request.ledger)) return std::move(*proof);
  return Refused{};
}

Message Responder::tile(const GetTile& request) const {
  if (!may_have(request.name)) return Refused{};
  auto tile = x_node.packs().find_tile(request.name.pack);
  // A tile that rotted would be taken for a lie.
  const bool sound = tile && equal(merkle_root(tile->hashes).view(), request.name.pack.view());
  return sound ? Message{std::move(*tile)} : Message{Refused{}};
}

Responder::Outcome Responder::answer_shards(const GetShards& request, std::uint32_t number,
                                            Bytes& target, Instant now) const {
  const auto refuse = [&] {
    encode_frame(Refused{}, number, target);
    return Outcome::answered;
  };
  if (request.count > run_shards_max(size_class_min)) return Outcome::flood;
  if (!may_have(request.name)) return refuse();
  const auto size_class = x_node.packs().find_class(request.name.pack);
  // Somebody may have told the asker another size.
  if (!size_class || request.count > run_shards_max(*size_class)) return refuse();
  // What is left is too long to wait for.
  const Instant ready = x_node.throttle().ready_at(Way::out, x_peer);
  if (ready > now) {
    const auto wait = std::min<Instant>(ready - now, limits::busy_time_max);
    encode_frame(Refused{RefusedReason::busy, static_cast<std::uint32_t>(wait.count())}, number,
                 target);
    return Outcome::answered;
  }
  const auto bytes = x_node.packs().read_shards(request.name.pack, request.first, request.count);
  if (!bytes) return refuse();
  x_node.throttle().take(Way::out, x_peer, bytes->size(), now);
  encode_frame(Shards{*bytes}, number, target);
  return Outcome::answered;
}

Message Responder::proofs(const Challenge& request, Instant now) {
  if (!x_node.allow_challenge(x_peer, now)) {
    constexpr std::chrono::milliseconds hour = std::chrono::hours(1);
    return Refused{RefusedReason::busy, static_cast<std::uint32_t>(hour.count())};
  }
  Proofs answer;
  for (const ShardName& shard : request.shards) {
    answer.proofs.emplace_back();
    if (!may_have(shard.pack)) continue;
    const auto bytes = x_node.packs().read_shards(shard.pack.pack, shard.shard, 1);
    if (!bytes) continue;
    const Possession possession{request.nonce, x_peer, x_node.ledgers().device(), shard.pack.pack,
                                shard.shard};
    answer.proofs.back() = possession_proof(possession, *bytes);
  }
  return answer;
}

}  // namespace muniment::sync
