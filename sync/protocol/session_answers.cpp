// What comes back for what a session asked.
#include "sync/protocol/fork.hpp"
#include "sync/protocol/session.hpp"
#include "vault/base/error.hpp"
#include "vault/merkle/tree.hpp"

namespace muniment::sync {

void Session::handle_answer(std::uint32_t number, Message message, Instant now) {
  const auto found = x_outstanding.find(number);
  if (found == x_outstanding.end()) throw Stop{CloseCode::unasked};
  x_answer_at = now;
  // What was asked is over when something is thrown, too.
  Outstanding outstanding = std::move(found->second);
  x_outstanding.erase(found);
  x_outstanding_cost -= outstanding.cost;
  if (const auto* refused = std::get_if<Refused>(&message); refused && !outstanding.begun) {
    handle_refused(std::move(outstanding), *refused, now);
    return;
  }
  if (std::holds_alternative<AskedLedger>(outstanding.asked)) {
    if (!ledger_answered(outstanding, std::move(message), now)) return;
    x_outstanding_cost += outstanding.cost;
    x_outstanding.emplace(number, std::move(outstanding));
    return;
  }
  std::visit(
      [&](const auto& asked) {
        using Kind = std::decay_t<decltype(asked)>;
        if constexpr (std::is_same_v<Kind, AskedPack>) {
          answered(asked, message, now);
        } else if constexpr (!std::is_same_v<Kind, AskedLedger>) {
          answered(asked, message);
        }
      },
      outstanding.asked);
}

void Session::handle_refused(Outstanding outstanding, const Refused& refused, Instant now) {
  if (const auto* pack = std::get_if<AskedPack>(&outstanding.asked)) {
    x_node.throttle().give_back(Way::in, x_peer, pack->bytes());
    if (refused.reason == RefusedReason::busy) {
      x_node.pack_pull().postponed(x_peer, *pack);
      x_busy_until = now + std::clamp<Instant>(Instant(refused.retry_after_ms),
                                               limits::busy_time_min, limits::busy_time_max);
    } else {
      x_node.pack_pull().refused(x_peer, *pack, now);
    }
  } else if (const auto* pull = std::get_if<AskedLedger>(&outstanding.asked)) {
    --x_pulls;
    x_node.release((*pull)->ledger());
    x_round.done();
  } else if (std::holds_alternative<AskedPing>(outstanding.asked)) {
    throw Stop{CloseCode::unasked};
  } else if (!std::holds_alternative<Challenge>(outstanding.asked)) {
    x_round.done();
  }
}

void Session::answered(const AskedCollections&, const Message& message) {
  const auto* collections = std::get_if<Collections>(&message);
  if (collections == nullptr) throw Stop{CloseCode::unasked};
  x_round.take(*collections);
}

void Session::answered(const AskedHeads& asked, const Message& message) {
  const auto* heads = std::get_if<Heads>(&message);
  if (heads == nullptr || heads->collection != asked.collection) throw Stop{CloseCode::unasked};
  x_round.take(*heads);
}

void Session::answered(const AskedFork& asked, const Message& message) {
  const auto* proof = std::get_if<ForkProof>(&message);
  if (proof == nullptr || proof->ledger != asked.ledger) throw Stop{CloseCode::unasked};
  const auto log = x_node.ledgers().log_key(proof->ledger);
  if (log && !verify_fork(*proof, *log)) throw Stop{CloseCode::bad_proof};
  x_round.done();
  if (log) x_node.take_fork(*proof, x_peer);
}

void Session::answered(const AskedPing&, const Message& message) {
  if (!std::holds_alternative<Pong>(message)) throw Stop{CloseCode::unasked};
  x_ping_out = false;
}

void Session::answered(const AskedPack& asked, const Message& message, Instant now) {
  using Verdict = PackPull::Verdict;
  Verdict verdict = Verdict::wrong_size;
  PackPull& packs = x_node.pack_pull();
  if (const auto* tile = std::get_if<Tile>(&message); tile != nullptr && asked.tile) {
    verdict = packs.take_tile(x_peer, asked, *tile, now);
  } else if (const auto* shards = std::get_if<Shards>(&message); shards != nullptr && !asked.tile) {
    verdict = packs.take_shards(x_peer, asked, shards->bytes, now);
  }
  switch (verdict) {
    case Verdict::taken:
      return;
    case Verdict::finished:
      x_node.listener().pack_arrived(asked.pack.name());
      return;
    case Verdict::bad_shards:
      x_node.note_bad_pack(x_peer, asked.pack.name());
      return;
    case Verdict::bad_tile:
      throw Stop{CloseCode::bad_proof};
    case Verdict::wrong_size:
      throw Stop{CloseCode::unasked};
  }
}

void Session::answered(const Challenge& asked, const Message& message) {
  const auto* proofs = std::get_if<Proofs>(&message);
  if (proofs == nullptr || proofs->proofs.size() != asked.shards.size()) {
    throw Stop{CloseCode::unasked};
  }
  for (std::size_t i = 0; i < asked.shards.size(); ++i) {
    const ShardName& shard = asked.shards[i];
    const auto bytes = own_shard(shard);
    if (!bytes) continue;
    const Possession possession{asked.nonce, x_node.ledgers().device(), x_peer, shard.pack.pack,
                                shard.shard};
    const bool shown = proofs->proofs[i] == possession_proof(possession, *bytes);
    x_node.copies().answered(x_peer, shard.pack, shown);
    x_node.listener().possession_answered(x_peer, shard, shown);
  }
}

// Judges nobody by what has rotted here.
std::optional<Bytes> Session::own_shard(const ShardName& name) {
  const PackId& pack = name.pack.pack;
  const auto tile = x_node.packs().find_tile(pack);
  auto bytes = x_node.packs().read_shards(pack, name.shard, 1);
  if (!tile || !bytes) return std::nullopt;
  const bool sound = equal(merkle_root(tile->hashes).view(), pack.view()) &&
                     leaf_hash(*bytes) == tile->hashes[name.shard];
  if (sound) return bytes;
  x_node.packs().note_damaged(pack);
  x_node.pack_pull().look_again();
  x_node.listener().own_pack_damaged(name.pack);
  return std::nullopt;
}

bool Session::ledger_answered(Outstanding& outstanding, Message message, Instant now) {
  LedgerPull& pull = *std::get<AskedLedger>(outstanding.asked);
  const auto end = [&](const RoundResult& result) {
    --x_pulls;
    x_node.release(pull.ledger());
    x_round.done(result);
  };
  try {
    if (auto* head = std::get_if<LedgerHead>(&message); head != nullptr && !outstanding.begun) {
      outstanding.begun = true;
      pull.take(*head);
    } else if (auto* entries = std::get_if<Entries>(&message);
               entries != nullptr && outstanding.begun) {
      pull.take(std::move(*entries));
    } else {
      throw Stop{CloseCode::unasked};
    }
    end_pull(pull);
  } catch (const Error& error) {
    // What was asked for comes all the same.
    if (pull.entries_to_come() > 0) {
      pull.give_up();
      storage_failed(error, now);
      return true;
    }
    end({});
    throw;
  } catch (...) {
    // The peer is at fault: another session may try.
    end({});
    throw;
  }
  if (pull.entries_to_come() > 0) return true;
  using State = LedgerPull::State;
  end({pull.state() == State::grown, pull.state() == State::not_taken});
  return false;
}

void Session::end_pull(const LedgerPull& pull) {
  using State = LedgerPull::State;
  switch (pull.state()) {
    case State::waiting:
    case State::nothing_new:
    case State::not_taken:
      return;
    case State::grown:
      x_node.changed(pull.ledger());
      report_growth(pull);
      return;
    case State::cosigned:
      x_node.changed(pull.ledger());
      return;
    case State::forked:
      x_node.take_fork(*pull.fork(), x_peer);
      return;
    case State::own_differs:
      x_node.ledgers().own_differs(*pull.fork());
      x_node.changed(pull.ledger());
      x_node.listener().own_ledger_differs(pull.ledger());
      return;
    case State::bad_proof:
      throw Stop{CloseCode::bad_proof};
    case State::bad_signature:
      throw Stop{CloseCode::bad_signature};
    case State::unasked:
      throw Stop{CloseCode::unasked};
  }
}

void Session::report_growth(const LedgerPull& pull) {
  const LedgerRef& ledger = pull.ledger();
  x_node.listener().ledger_grew(ledger, pull.tree().size);
  if (ledger.device != x_node.ledgers().device()) return;
  x_node.listener().own_ledger_is_old(ledger, pull.tree().size);
}

}  // namespace muniment::sync
