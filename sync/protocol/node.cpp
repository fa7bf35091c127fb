#include "sync/protocol/node.hpp"

namespace muniment::sync {

Node::Node(Ledgers& ledgers, Packs& packs, Copies& copies, Listener& listener)
    : x_ledgers(ledgers),
      x_packs(packs),
      x_copies(copies),
      x_listener(listener),
      x_heads(ledgers),
      x_pack_pull(packs, ledgers.device()) {}

void Node::changed(const LedgerRef& ledger) {
  x_heads.changed(ledger.collection);
  x_pack_pull.look_again();
}

void Node::take_fork(const ForkProof& proof, const DeviceId& from) {
  if (x_ledgers.find_fork(proof.ledger)) return;
  x_ledgers.keep_fork(proof);
  x_heads.changed(CollectionId{});
  x_listener.fork_found(proof.ledger, from);
}

bool Node::claim(const LedgerRef& ledger, Instant now) {
  const auto [found, is_new] = x_claims.try_emplace(ledger, now);
  if (!is_new && now - found->second < limits::stale_ask_time) return false;
  found->second = now;
  return true;
}

void Node::release(const LedgerRef& ledger) {
  x_claims.erase(ledger);
}

void Node::storage_failed(const Error& error, Instant now) {
  const bool again = now - x_paused_until < limits::storage_pause;
  const Instant next = again ? 2 * x_pause : Instant{};
  x_pause = error.code() == ErrorCode::busy
                ? std::clamp<Instant>(next, limits::busy_pause, limits::storage_pause)
                : limits::storage_pause;
  x_paused_until = now + x_pause;
  x_listener.storage_failed(error.what());
}

void Node::note_bad_pack(const DeviceId& peer, const PackName& pack) {
  remember_bad_pack(peer, pack.pack);
  x_listener.bad_shards(peer, pack);
}

void Node::remember_bad_pack(const DeviceId& peer, const PackId& pack) {
  x_conduct[peer].bad_packs.insert(pack);
}

bool Node::is_quarantined(const DeviceId& peer) const {
  const auto found = x_conduct.find(peer);
  return found != x_conduct.end() && found->second.bad_packs.size() >= limits::bad_packs_max;
}

bool Node::allow_challenge(const DeviceId& peer, Instant now) {
  Conduct& conduct = x_conduct[peer];
  if (conduct.challenges == 0 || now - conduct.challenges_since >= std::chrono::hours(1)) {
    conduct.challenges = 0;
    conduct.challenges_since = now;
  }
  return ++conduct.challenges <= limits::challenge_messages_per_hour_max;
}

bool Node::take_challenge_turn(const DeviceId& peer, Instant now) {
  auto& last = x_conduct[peer].challenged_at;
  if (last && now - *last < limits::challenge_interval) return false;
  last = now;
  return true;
}

}  // namespace muniment::sync
