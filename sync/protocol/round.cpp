#include "sync/protocol/round.hpp"

#include "vault/base/assert.hpp"

namespace muniment::sync {

void Round::begin() {
  VAULT_ASSERT(!running());
  x_stage = Stage::collections;
  x_to_ask.emplace_back(GetCollections{});
  x_others.clear();
  x_grew = false;
  x_again = false;
}

std::optional<Message> Round::next(Instant now) {
  while (running()) {
    while (!x_to_ask.empty()) {
      Message message = std::move(x_to_ask.front());
      x_to_ask.pop_front();
      const auto* ledger = std::get_if<GetLedger>(&message);
      if (ledger != nullptr && is_in_vain(ledger->ledger)) continue;
      // Another session is at it; a later round will see whether it succeeded.
      if (ledger != nullptr && !x_node.claim(ledger->ledger, now)) continue;
      ++x_asked;
      return message;
    }
    if (x_asked > 0) break;
    advance();
  }
  return std::nullopt;
}

bool Round::is_in_vain(const LedgerRef& ledger) const {
  return x_not_taken >= limits::not_taken_max && !x_node.ledgers().find(ledger);
}

void Round::done(const RoundResult& result) {
  VAULT_ASSERT(x_asked > 0);
  --x_asked;
  if (result.again) ++x_not_taken;
  x_grew = x_grew || result.grew;
  x_again = x_again || result.again;
}

void Round::advance() {
  switch (x_stage) {
    case Stage::none:
      return;
    case Stage::collections:
    case Stage::built_in:
      // What a charter or certificate was missing for may be taken now.
      if (x_grew && x_again) {
        x_to_ask.emplace_back(GetHeads{CollectionId{}});
      } else {
        x_stage = Stage::others;
        for (const CollectionId& collection : x_others) {
          x_to_ask.emplace_back(GetHeads{collection});
        }
        x_others.clear();
      }
      x_grew = false;
      x_again = false;
      if (x_to_ask.empty()) x_stage = Stage::none;
      return;
    case Stage::others:
      x_stage = Stage::none;
      // A ledger of a collection that is new to us came before the one with the grant.
      if (x_grew && x_again) begin();
      return;
  }
}

void Round::take(const Collections& answer) {
  const Collections ours = x_node.heads().collections_for(x_peer);
  for (const CollectionDigest& theirs : answer.collections) {
    if (std::ranges::find(ours.collections, theirs) != ours.collections.end()) continue;
    if (theirs.collection.is_zero()) {
      x_to_ask.emplace_back(GetHeads{theirs.collection});
      x_stage = Stage::built_in;
    } else {
      x_others.push_back(theirs.collection);
    }
  }
  done();
}

void Round::take(const Heads& answer) {
  compare(answer);
  done();
}

void Round::compare(const Heads& theirs) {
  const Ledgers& ledgers = x_node.ledgers();
  for (const LedgerRef& fork : theirs.forks) {
    if (!ledgers.find_fork(fork)) x_to_ask.emplace_back(GetFork{fork});
  }
  for (const Head& head : theirs.heads) compare({theirs.collection, head.device}, head);
}

void Round::compare(const LedgerRef& ledger, const Head& theirs) {
  const Ledgers& ledgers = x_node.ledgers();
  if (ledgers.find_fork(ledger)) return;
  const auto held = ledgers.find(ledger);
  const TreeHead have = held ? held->tree : TreeHead{};
  if (have == theirs.tree) {
    const std::vector<Head>& heads = x_node.heads().heads(ledger.collection).heads;
    if (std::ranges::find(heads, theirs) != heads.end()) return;
  } else if (theirs.tree.size < have.size) {
    if (ledgers.root_at(ledger, theirs.tree.size) == theirs.tree.root) return;
  }
  // A device that we do not know has to be vouched for in the built-in collection.
  const bool is_known = ledgers.log_key(ledger).has_value();
  if (!is_known && !ledger.collection.is_zero()) return;
  x_to_ask.emplace_back(GetLedger{ledger, {}});
}

}  // namespace muniment::sync
