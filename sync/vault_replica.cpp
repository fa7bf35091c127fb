#include "sync/vault_replica.hpp"

#include "vault/base/assert.hpp"

namespace muniment::sync {

LedgerName VaultReplica::name_of(const LedgerRef& ledger) const {
  return {x_vault.consortium(), ledger.collection, ledger.device};
}

const Ledger& VaultReplica::get(const LedgerRef& ledger) const {
  const Ledger* found = x_vault.find_ledger(name_of(ledger));
  VAULT_ASSERT(found != nullptr);
  return *found;
}

template <class Action>
auto VaultReplica::with_access_log(const LedgerRef& ledger, Action action) const {
  const LedgerName name = name_of(ledger);
  HeldAccessLog* found = x_vault.find_access_log(name);
  // While it was being sent to somebody.
  if (found == nullptr) throw Error(ErrorCode::damaged, "access log: it is not here any more");
  try {
    return action(*found);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::damaged) x_vault.drop_access_log(name);
    throw;
  }
}

std::vector<LedgerRef> VaultReplica::refresh() {
  static_cast<void>(x_vault.refresh());
  std::vector<LedgerRef> changed;
  for (const LedgerName& name : x_vault.cosign_held()) {
    changed.push_back({name.collection, name.device});
  }
  for (const LedgerName& name : x_vault.refresh_access_logs()) {
    changed.push_back({name.collection, name.device});
  }
  // Also what was taken in together with something that a session brought.
  for (const Ledger& ledger : x_vault.ledgers()) {
    const LedgerRef ref{ledger.name().collection, ledger.name().device};
    TreeHead& told = x_told[ref];
    if (std::exchange(told, ledger.head()) != ledger.head()) changed.push_back(ref);
  }
  // These are told in the built-in collection's heads.
  for (const LedgerRef& fork : forks()) {
    if (x_told_forks.insert(fork).second) changed.push_back({CollectionId{}, fork.device});
  }
  return changed;
}

// ---- ledgers ----

bool VaultReplica::may_have(const DeviceId& device, const CollectionId& collection) const {
  return x_vault.may_have(device, collection);
}

std::vector<CollectionId> VaultReplica::collections() const {
  return x_vault.collections();
}

std::vector<DeviceId> VaultReplica::writers(const CollectionId& collection) const {
  std::vector<DeviceId> result;
  for (const Ledger& ledger : x_vault.ledgers()) {
    if (ledger.name().collection == collection) result.push_back(ledger.name().device);
  }
  for (const LedgerName& name : x_vault.access_logs()) {
    if (name.collection == collection) result.push_back(name.device);
  }
  std::ranges::sort(result);
  return result;
}

std::optional<HeldLedger> VaultReplica::find(const LedgerRef& ledger) const {
  if (is_access_collection(ledger.collection)) {
    const HeldAccessLog* log = x_vault.find_access_log(name_of(ledger));
    if (log == nullptr) return std::nullopt;
    return HeldLedger{log->view.frontier().head(), log->note};
  }
  const Ledger* found = x_vault.find_ledger(name_of(ledger));
  if (found == nullptr) return std::nullopt;
  return HeldLedger{found->head(), found->checkpoint()};
}

Sha256Digest VaultReplica::root_at(const LedgerRef& ledger, std::uint64_t size) const {
  if (is_access_collection(ledger.collection)) {
    return with_access_log(ledger,
                           [&](const HeldAccessLog& log) { return log.view.root_at(size); });
  }
  return merkle_root(size, get(ledger).nodes());
}

MerkleProof VaultReplica::prove(const LedgerRef& ledger, std::uint64_t from,
                                std::uint64_t to) const {
  if (is_access_collection(ledger.collection)) {
    return with_access_log(ledger, [&](const HeldAccessLog& log) {
      VAULT_ASSERT(to == log.size());
      return log.view.proof_since(from);
    });
  }
  return consistency_proof(from, to, get(ledger).nodes());
}

std::string VaultReplica::entry(const LedgerRef& ledger, std::uint64_t index) const {
  if (is_access_collection(ledger.collection)) {
    return with_access_log(ledger, [&](HeldAccessLog& log) { return log.view.entry(index); });
  }
  return get(ledger).entry(index);
}

Frontier VaultReplica::frontier(const LedgerRef& ledger) const {
  if (is_access_collection(ledger.collection)) {
    const HeldAccessLog* log = x_vault.find_access_log(name_of(ledger));
    return log == nullptr ? Frontier{} : log->view.frontier();
  }
  Frontier result;
  const Ledger* found = x_vault.find_ledger(name_of(ledger));
  for (std::uint64_t i = 0; found != nullptr && i < found->size(); ++i) {
    result.append(found->leaf(i));
  }
  return result;
}

std::optional<NoteKey<LogPurpose>> VaultReplica::log_key(const LedgerRef& ledger) const {
  return x_vault.log_key(name_of(ledger));
}

std::optional<NoteKey<LogPurpose>> VaultReplica::vouched_key(
    const LedgerRef& ledger, std::span<const std::string> entries) const {
  return x_vault.vouched_key(name_of(ledger), entries);
}

std::vector<NoteKey<WitnessPurpose>> VaultReplica::witnesses() const {
  return x_vault.witnesses();
}

bool VaultReplica::admits(const LedgerRef& ledger, std::span<const std::string> entries) const {
  return x_vault.admits(name_of(ledger), entries);
}

void VaultReplica::append(const LedgerRef& ledger, std::span<const std::string> entries,
                          const SignedNote& note) {
  x_vault.append(name_of(ledger), entries, note);
  if (const Ledger* grown = x_vault.find_ledger(name_of(ledger))) x_told[ledger] = grown->head();
}

// Of a ledger it is for people to say what happened; an access log ends, and another goes on.
void VaultReplica::own_differs(const ForkProof& proof) {
  if (!is_access_collection(proof.ledger.collection)) return;
  const LedgerName name = name_of(proof.ledger);
  const auto held = find(proof.ledger);
  for (const std::string& encoded : {proof.smaller, proof.larger}) {
    const auto note = decode_signed_note(encoded);
    if (note && held && note->text != held->note.text) x_vault.note_seen(name, *note);
  }
}

void VaultReplica::replace_note(const LedgerRef& ledger, const SignedNote& note) {
  x_vault.add_signatures(name_of(ledger), note);
}

// ---- forks ----

std::vector<LedgerRef> VaultReplica::forks() const {
  std::vector<LedgerRef> result;
  for (const auto& [id, proof] : x_vault.forks()) {
    result.push_back({proof.fork.name.collection, proof.fork.name.device});
  }
  std::ranges::sort(result);
  return result;
}

std::optional<ForkProof> VaultReplica::find_fork(const LedgerRef& ledger) const {
  const auto found = x_vault.forks().find(name_of(ledger).id());
  if (found == x_vault.forks().end()) return std::nullopt;
  const LedgerFork& fork = found->second.fork;
  return ForkProof{ledger, fork.root, fork.proof, encode(fork.earlier), encode(fork.later)};
}

void VaultReplica::keep_fork(const ForkProof& proof) {
  auto earlier = decode_signed_note(proof.smaller);
  auto later = decode_signed_note(proof.larger);
  VAULT_ASSERT(earlier && later);
  x_vault.keep_fork(
      {name_of(proof.ledger), std::move(*earlier), std::move(*later), proof.old_root, proof.proof});
  x_told_forks.insert(proof.ledger);
  if (proof.ledger.device == device()) own_differs(proof);
}

// ---- packs ----

std::vector<WantedPack> VaultReplica::wanted(const WantedPack& after, std::size_t count) const {
  std::vector<WantedPack> result;
  const PackListing last{after.pack, after.collection, after.size_class};
  for (const PackListing& missing : x_vault.missing(last, count)) {
    result.push_back({missing.pack, missing.collection, missing.size_class});
  }
  return result;
}

bool VaultReplica::is_listed(const PackName& name) const {
  return x_vault.is_listed(name.collection, name.pack);
}

std::optional<std::uint8_t> VaultReplica::find_class(const PackId& pack) const {
  const auto size_class = x_vault.find_class(pack);
  if (!size_class) return std::nullopt;
  return static_cast<std::uint8_t>(*size_class);
}

std::optional<Tile> VaultReplica::find_tile(const PackId& pack) const {
  const auto size_class = find_class(pack);
  const auto tile = x_vault.read_tile(pack);
  if (!size_class || !tile) return std::nullopt;
  return Tile{*size_class, {tile->begin(), tile->end()}};
}

std::optional<Bytes> VaultReplica::read_shards(const PackId& pack, std::size_t first,
                                               std::size_t count) const {
  return x_vault.read_shards(pack, first, count);
}

std::optional<PartialPack> VaultReplica::find_partial(const PackId& pack) const {
  const auto partial = x_vault.partial_packs().find(pack);
  if (!partial) return std::nullopt;
  // Whoever goes on with it writes to it.
  x_vault.partial_packs().begin(pack, partial->size_class, partial->tile);
  return PartialPack{{static_cast<std::uint8_t>(partial->size_class),
                      {partial->tile.begin(), partial->tile.end()}},
                     partial->shards};
}

ShardSet VaultReplica::begin(const PackId& pack, const Tile& tile) {
  const auto size_class = pack_class_from(tile.size_class);
  VAULT_ASSERT(size_class && tile.hashes.size() == shards_in_pack);
  PackTile hashes;
  std::ranges::copy(tile.hashes, hashes.begin());
  return x_vault.begin(pack, *size_class, hashes);
}

void VaultReplica::write(const PackId& pack, std::size_t first, ByteView shards) {
  x_vault.partial_packs().write(pack, first, shards);
}

void VaultReplica::sync() {
  x_vault.partial_packs().sync();
}

bool VaultReplica::finish(const PackId& pack) {
  return x_vault.finish(pack);
}

void VaultReplica::drop(const PackId& pack) {
  x_vault.partial_packs().drop(pack);
}

void VaultReplica::note_damaged(const PackId& pack) {
  x_vault.note_damaged(pack);
}

// ---- partners' copies ----

std::vector<PackName> VaultReplica::to_ask(const DeviceId& peer, std::size_t count) {
  std::vector<PackName> result;
  for (const auto& [collection, pack] : x_copies.to_ask(peer, count)) {
    result.push_back({collection, pack});
  }
  return result;
}

void VaultReplica::answered(const DeviceId& peer, const PackName& pack, bool shown) {
  x_copies.answered(peer, pack.pack, shown);
}

void VaultReplica::fill_random(MutableByteView target) {
  x_vault.random().fill(target);
}

}  // namespace muniment::sync
