#include "sync/protocol/heads_index.hpp"

namespace muniment::sync {

void HeadsIndex::changed(const CollectionId& collection) {
  if (collection.is_zero()) {
    x_known.clear();
  } else {
    x_known.erase(collection);
  }
  ++x_revision;
}

const Heads& HeadsIndex::heads(const CollectionId& collection) {
  return known(collection).heads;
}

const HeadsIndex::Known& HeadsIndex::known(const CollectionId& collection) {
  const auto found = x_known.find(collection);
  if (found != x_known.end()) return found->second;
  Heads heads = compute(collection);
  const Sha256Digest digest = digest_of(heads);
  return x_known.emplace(collection, Known{std::move(heads), digest}).first->second;
}

Heads HeadsIndex::compute(const CollectionId& collection) {
  Heads result{collection, {}, {}};
  const std::vector<LedgerRef> forks = x_ledgers.forks();
  for (const DeviceId& device : x_ledgers.writers(collection)) {
    const LedgerRef ledger{collection, device};
    if (std::ranges::binary_search(forks, ledger)) continue;
    const auto held = x_ledgers.find(ledger);
    const auto keys = keys_of(ledger);
    if (!held || !keys) continue;
    const SignedNote note = canonical(held->note, *keys);
    result.heads.push_back({device, held->tree, note_digest(note)});
    if (result.heads.size() == limits::heads_per_collection_max) break;
  }
  if (collection.is_zero()) {
    const std::size_t count = std::min(forks.size(), limits::forks_max);
    result.forks.assign(forks.begin(), forks.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return result;
}

std::optional<NoteKeys> HeadsIndex::keys_of(const LedgerRef& ledger) {
  return find_keys(x_ledgers, ledger, x_memo);
}

Collections HeadsIndex::collections_for(const DeviceId& peer) {
  Collections result;
  for (const CollectionId& collection : x_ledgers.collections()) {
    if (!x_ledgers.may_share(peer, collection)) continue;
    result.collections.push_back({collection, known(collection).digest});
    if (result.collections.size() == limits::collections_max) break;
  }
  return result;
}

}  // namespace muniment::sync
