#include "sync/protocol/session.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

namespace muniment::sync {

namespace {

bool is_request(const Message& message) {
  switch (type_of(message)) {
    case MessageType::ping:
    case MessageType::get_collections:
    case MessageType::get_heads:
    case MessageType::get_ledger:
    case MessageType::get_fork:
    case MessageType::get_tile:
    case MessageType::get_shards:
    case MessageType::challenge:
      return true;
    default:
      return false;
  }
}

bool is_fault_of_peer(CloseCode code) {
  switch (code) {
    case CloseCode::done:
    case CloseCode::stopping:
    case CloseCode::replaced:
    case CloseCode::failed:
      return false;
    default:
      return true;
  }
}

}  // namespace

Session::Session(Node& node, const DeviceId& peer, Instant now)
    : x_node(node),
      x_peer(peer),
      x_begun(now),
      x_responder(node, peer),
      x_round(node, peer),
      x_ticked_at(now),
      x_frame_at(now),
      x_answer_at(now) {
  const Ledgers& ledgers = node.ledgers();
  encode_frame(Hello{ledgers.consortium(),
                     ledgers.device(),
                     0,
                     limits::requests_max,
                     limits::window_bytes_max,
                     {}},
               0, x_output);
}

Session::~Session() {
  // Else there may be another with the peer, and what that one asked for is its own.
  if (!x_closed) release_asked();
}

void Session::release_asked() {
  for (auto& [number, outstanding] : x_outstanding) {
    if (const auto* pull = std::get_if<AskedLedger>(&outstanding.asked)) {
      x_node.release((*pull)->ledger());
    }
  }
  x_outstanding.clear();
  x_outstanding_cost = 0;
  x_node.pack_pull().release(x_peer);
}

void Session::close(CloseCode code) {
  if (x_closed) return;
  encode_frame(Bye{static_cast<std::uint16_t>(code)}, 0, x_output);
  x_closed = code;
  x_peer_failed = is_fault_of_peer(code);
  release_asked();
}

template <class Step>
void Session::guarded(Instant now, Step step) {
  if (x_closed) return;
  try {
    step();
  } catch (const Stop& stop) {
    close(stop.code);
  } catch (const Error& error) {
    storage_failed(error, now);
  }
}

void Session::storage_failed(const Error& error, Instant now) {
  x_node.storage_failed(error, now);
  x_round_wanted = true;
}

void Session::receive(ByteView bytes, Instant now) {
  while (!x_closed && !bytes.empty()) {
    const auto result = x_splitter.next(bytes);
    if (const auto* fault = std::get_if<CloseCode>(&result)) {
      close(*fault);
    } else if (const auto* frame = std::get_if<Frame>(&result)) {
      x_frame_at = now;
      x_frame_begun.reset();
      guarded(now, [&] { handle(*frame, now); });
    }
  }
  if (!x_splitter.inside_frame()) {
    x_frame_begun.reset();
  } else if (!x_frame_begun) {
    x_frame_begun = now;
  }
  guarded(now, [&] { work(now); });
}

void Session::handle(const Frame& frame, Instant now) {
  auto message = decode(frame);
  if (!message) throw Stop{CloseCode::malformed};
  if (!x_hello && !std::holds_alternative<Hello>(*message) &&
      !std::holds_alternative<Bye>(*message)) {
    throw Stop{CloseCode::out_of_order};
  }
  if (frame.header.request == 0) {
    handle_announcement(*message, now);
  } else if (is_request(*message)) {
    if (std::holds_alternative<Ping>(*message)) count_idle_frame(now);
    handle_request(frame.header.request, std::move(*message));
  } else {
    handle_answer(frame.header.request, std::move(*message), now);
  }
}

void Session::count_idle_frame(Instant now) {
  if (now - x_idle_since >= limits::minutes(1)) {
    x_idle_since = now;
    x_idle_frames = 0;
  }
  if (++x_idle_frames > limits::idle_frames_per_minute_max) throw Stop{CloseCode::flood};
}

void Session::handle_announcement(const Message& message, Instant now) {
  if (const auto* hello = std::get_if<Hello>(&message)) return handle_hello(*hello);
  if (const auto* bye = std::get_if<Bye>(&message)) {
    x_closed = static_cast<CloseCode>(bye->code);
    release_asked();
    return;
  }
  count_idle_frame(now);
  if (const auto* summary = std::get_if<Summary>(&message)) {
    if (x_peer_digest == summary->digest) return;
    x_peer_digest = summary->digest;
    x_round_wanted = true;
    x_node.pack_pull().look_again_at(x_peer);
  }
}

void Session::handle_hello(const Hello& hello) {
  if (x_hello) throw Stop{CloseCode::out_of_order};
  const Ledgers& ledgers = x_node.ledgers();
  if (hello.consortium != ledgers.consortium()) throw Stop{CloseCode::wrong_consortium};
  if (hello.device != x_peer || !ledgers.may_have(x_peer, CollectionId{})) {
    throw Stop{CloseCode::wrong_device};
  }
  x_hello = hello;
}

void Session::handle_request(std::uint32_t number, Message message) {
  if (number != x_last_request + 1) throw Stop{CloseCode::out_of_order};
  x_last_request = number;
  if (!x_responder.queue(number, std::move(message))) throw Stop{CloseCode::flood};
}

void Session::tick(Instant now) {
  x_ticked_at = now;
  guarded(now, [&] {
    check_deadlines(now);
    work(now);
  });
  guarded(now, [&] { x_node.pack_pull().tick(now); });
}

void Session::check_deadlines(Instant now) {
  const bool late = (!x_hello && now - x_begun >= limits::hello_time) ||
                    now - x_frame_at >= limits::idle_time ||
                    (x_frame_begun && now - *x_frame_begun >= limits::frame_time) ||
                    (!x_outstanding.empty() && now - x_answer_at >= limits::answer_time);
  if (late) throw Stop{CloseCode::timeout};
  if (x_hello && !x_ping_out && now - x_frame_at >= limits::ping_after && can_ask(0)) {
    x_ping_out = true;
    ask(Ping{}, AskedPing{}, now);
  }
}

Instant Session::next_deadline() const noexcept {
  if (x_closed) return Instant::max();
  Instant next = x_frame_at + (x_ping_out ? limits::idle_time : limits::ping_after);
  if (x_frame_begun) next = std::min(next, *x_frame_begun + limits::frame_time);
  if (!x_outstanding.empty()) next = std::min(next, x_answer_at + limits::answer_time);
  if (!x_hello) return std::min(next, x_begun + limits::hello_time);
  if (x_announced && x_announced != x_digest) {
    next = std::min(next, x_announced_at + limits::summary_interval);
  }
  next = std::min({next, x_asks_held_until, x_answers_held_until});
  // Rounds, partial packs, asks that went stale.
  return std::min(next, x_ticked_at + limits::unsynced_time_max);
}

void Session::work(Instant now) {
  if (!x_hello || x_closed) return;
  if (!x_node.ledgers().may_have(x_peer, CollectionId{})) throw Stop{CloseCode::wrong_device};
  x_asks_held_until = Instant::max();
  x_answers_held_until = x_responder.held_until(now).value_or(Instant::max());
  announce(now);
  if (!x_node.may_fetch(now)) return;
  ask_round(now);
  ask_packs(now);
  ask_copies(now);
}

Sha256Digest Session::own_digest() {
  const std::uint64_t revision = x_node.heads().revision();
  if (revision != x_revision) {
    x_digest = digest_of(x_node.heads().collections_for(x_peer));
    x_revision = revision;
  }
  return x_digest;
}

void Session::announce(Instant now) {
  const Sha256Digest digest = own_digest();
  if (x_announced == digest) return;
  if (x_announced && now - x_announced_at < limits::summary_interval) return;
  encode_frame(Summary{digest}, 0, x_output);
  x_announced = digest;
  x_announced_at = now;
}

bool Session::can_ask(std::size_t cost) const {
  return x_outstanding.size() < x_hello->requests &&
         x_outstanding_cost + cost <= std::size_t{x_hello->bytes};
}

void Session::ask(const Message& message, Asked asked, Instant now) {
  if (x_outstanding.empty()) x_answer_at = now;
  const std::size_t cost = answer_cost(message);
  encode_frame(message, x_next_request, x_output);
  x_outstanding.emplace(x_next_request, Outstanding{std::move(asked), cost});
  x_outstanding_cost += cost;
  ++x_next_request;
}

void Session::ask_round(Instant now) {
  if (!x_round.running()) {
    if (!x_peer_digest || *x_peer_digest == own_digest()) {
      x_round_wanted = false;
      return;
    }
    if (!x_round_wanted && now - x_round_ended < limits::round_interval) return;
    x_round_wanted = false;
    x_round.begin();
  }
  // Whatever is asked next, the largest answer fits.
  while (can_ask(limits::mib) && x_pulls < limits::ledgers_pulled_at_once) {
    const auto message = x_round.next(now);
    if (!message) break;
    ask_in_round(*message, now);
  }
  if (!x_round.running()) x_round_ended = now;
}

void Session::ask_in_round(const Message& message, Instant now) {
  if (const auto* ledger = std::get_if<GetLedger>(&message)) {
    auto pull = std::make_unique<LedgerPull>(x_node.ledgers(), x_node.heads().memo(),
                                             x_node.budget(), ledger->ledger);
    const GetLedger request = pull->request();
    ++x_pulls;
    ask(request, std::move(pull), now);
  } else if (const auto* heads = std::get_if<GetHeads>(&message)) {
    ask(message, AskedHeads{heads->collection}, now);
  } else if (const auto* fork = std::get_if<GetFork>(&message)) {
    ask(message, AskedFork{fork->ledger}, now);
  } else {
    ask(message, AskedCollections{}, now);
  }
}

void Session::ask_packs(Instant now) {
  if (x_node.is_quarantined(x_peer)) return;
  const Ledgers& ledgers = x_node.ledgers();
  const auto may_have = [&](const CollectionId& collection) {
    return ledgers.may_share(x_peer, collection);
  };
  while (can_ask(limits::piece_bytes_max)) {
    const Instant ready = std::max(x_busy_until, x_node.throttle().ready_at(Way::in, x_peer));
    if (ready > now) {
      x_asks_held_until = ready;
      return;
    }
    const auto pack = x_node.pack_pull().next(x_peer, may_have, now);
    if (!pack) return;
    x_node.throttle().take(Way::in, x_peer, pack->bytes(), now);
    if (pack->tile) {
      ask(GetTile{pack->pack.name()}, *pack, now);
    } else {
      ask(GetShards{pack->pack.name(), pack->first, pack->count}, *pack, now);
    }
  }
}

void Session::ask_copies(Instant now) {
  // Of what is being fetched the peer has had no time to get it either.
  if (!x_outstanding.empty() || x_round.running() || !x_peer_digest) return;
  if (!x_node.take_challenge_turn(x_peer, now)) return;
  Copies& copies = x_node.copies();
  std::vector<PackName> packs = copies.to_ask(x_peer, limits::challenges_max);
  std::erase_if(packs, [&](const PackName& pack) {
    return !x_node.ledgers().may_share(x_peer, pack.collection);
  });
  if (packs.empty()) return;
  std::vector<ShardName> shards;
  Bytes chosen(packs.size());
  copies.fill_random(chosen);
  for (std::size_t i = 0; i < packs.size(); ++i) {
    shards.push_back({packs[i], std::to_integer<std::uint8_t>(chosen[i])});
  }
  Nonce nonce;
  copies.fill_random(nonce.mutable_view());
  static_cast<void>(challenge(nonce, std::move(shards), now));
}

bool Session::challenge(const Nonce& nonce, std::vector<ShardName> shards, Instant now) {
  VAULT_ASSERT(!shards.empty() && shards.size() <= limits::challenges_max);
  Challenge message{nonce, std::move(shards)};
  if (!open() || !can_ask(answer_cost(message))) return false;
  ask(message, message, now);
  return true;
}

void Session::answer_waiting(Instant now) {
  while (x_output.size() < limits::outbox_bytes_max - limits::piece_bytes_max) {
    const auto outcome = x_responder.answer(x_output, now);
    if (outcome == Responder::Outcome::flood) throw Stop{CloseCode::flood};
    if (outcome == Responder::Outcome::idle) return;
  }
}

Bytes Session::take_output(Instant now) {
  guarded(now, [&] {
    if (!x_hello) return;
    try {
      answer_waiting(now);
    } catch (const Error& error) {
      // An answer that was promised is lost.
      x_node.listener().storage_failed(error.what());
      throw Stop{CloseCode::failed};
    }
    x_answers_held_until = x_responder.held_until(now).value_or(Instant::max());
  });
  return std::exchange(x_output, {});
}

bool Session::settled() const {
  return open() && x_outstanding.empty() && x_responder.waiting() == 0 && !x_round.running() &&
         x_peer_digest && x_announced == x_peer_digest;
}

}  // namespace muniment::sync
