// A replica in memory that knows what is true, and aborts when it is given anything else.
#pragma once

#include <functional>
#include <sstream>

#include "sync/protocol/copies.hpp"
#include "sync/protocol/ledgers.hpp"
#include "sync/protocol/listener.hpp"
#include "tests/sync/world.hpp"
#include "vault/base/error.hpp"

namespace muniment::sync::test {

struct StoredLedger {
  std::vector<std::string> entries;
  std::vector<Sha256Digest> leaves;
  SignedNote note;
};

struct StoredPack {
  Tile tile;
  Bytes body;
};

struct StoredPartial {
  Tile tile;
  Bytes body;
  ShardSet written;
  ShardSet durable;
};

class Replica : public Ledgers, public Packs, public Copies {
 public:
  // `world` must outlive it.
  Replica(World& world, std::size_t actor)
      : x_world(world), x_actor(actor), x_device(world.actors[actor].device) {}

  std::vector<ForkProof> other_histories;  // of our own ledgers, as peers proved them

  // ---- what a test does to it ----

  // Writes to a ledger of this device. The first entries of its built-in ledger are its
  // certificate.
  void write(const CollectionId& collection, const std::vector<std::string>& entries) {
    const LedgerRef ledger{collection, x_device};
    StoredLedger& stored = x_ledgers[ledger];
    add(stored, entries);
    stored.note = x_world.sign(ledger, stored.leaves);
    learn(ledger, entries);
  }
  // With a pack of its own.
  PackName write_pack(const CollectionId& collection, std::uint8_t size_class = 20) {
    const TruePack pack = x_world.make_pack(collection, size_class);
    x_packs[pack.name.pack] = {pack.tile, *pack.body};
    write(collection, {packs_entry(pack)});
    return pack.name;
  }
  // What was exchanged by texts when the device joined.
  void copy_ledger(const Replica& from, const LedgerRef& ledger) {
    x_ledgers[ledger] = from.x_ledgers.at(ledger);
    learn(ledger, x_ledgers[ledger].entries);
  }
  // As if `witness` had seen the ledger.
  void take_cosignature(const LedgerRef& ledger, std::size_t witness) {
    const Actor& actor = x_world.actors[witness];
    SignedNote& note = x_ledgers.at(ledger).note;
    note.signatures.push_back(cosign(note, actor.device.hex(), actor.witness, clock));
  }
  // What is not durable is gone, or rubbish.
  void crash() {
    for (auto& [id, partial] : x_partials) {
      const std::size_t size = shard_bytes(partial.tile.size_class);
      for (std::size_t i = 0; i < shards_in_pack; ++i) {
        if (partial.durable[i] || !partial.written[i]) continue;
        std::ranges::fill(MutableByteView(partial.body).subspan(i * size, size), std::byte{0xdd});
      }
      partial.written = partial.durable;
    }
  }
  void rot(const PackId& pack, std::size_t byte) { x_packs.at(pack).body[byte] ^= std::byte{1}; }
  // As `repair` does: packs that are not what they were are gone. Returns how many.
  std::size_t scrub() {
    return std::erase_if(x_packs, [&](const auto& each) {
      if (each.second.body == *x_world.packs.at(each.first).body) return false;
      damaged.insert(each.first);
      return true;
    });
  }
  // The ledger as it was, as after a backup was put back.
  void put_back(const LedgerRef& ledger, std::size_t size) {
    StoredLedger& stored = x_ledgers.at(ledger);
    stored.entries.resize(size);
    stored.leaves.resize(size);
    stored.note = x_world.sign(ledger, stored.leaves);
  }

  [[nodiscard]] const std::map<LedgerRef, StoredLedger>& stored() const { return x_ledgers; }
  [[nodiscard]] const std::map<PackId, StoredPack>& whole_packs() const { return x_packs; }
  [[nodiscard]] const std::map<PackId, StoredPartial>& partials() const { return x_partials; }
  [[nodiscard]] std::size_t actor() const { return x_actor; }

  // Called before, and after, each change that is to be durable; may throw.
  std::function<void(bool done)> sync_point = [](bool) {};
  UnixSeconds clock = test_time;

  // ---- Ledgers ----

  [[nodiscard]] const ConsortiumId& consortium() const override { return x_world.consortium; }
  [[nodiscard]] const DeviceId& device() const override { return x_device; }
  [[nodiscard]] bool may_have(const DeviceId& device,
                              const CollectionId& collection) const override {
    if (!x_certified.contains(device)) return false;
    return collection.is_zero() || x_grants.contains({device, collection});
  }
  [[nodiscard]] std::vector<CollectionId> collections() const override {
    std::set<CollectionId> result{CollectionId{}};
    for (const auto& [device, collection] : x_grants) result.insert(collection);
    return {result.begin(), result.end()};
  }
  [[nodiscard]] std::vector<DeviceId> writers(const CollectionId& collection) const override {
    std::vector<DeviceId> result;
    for (const auto& [ledger, stored] : x_ledgers) {
      if (ledger.collection == collection) result.push_back(ledger.device);
    }
    return result;
  }
  [[nodiscard]] std::optional<HeldLedger> find(const LedgerRef& ledger) const override {
    const auto found = x_ledgers.find(ledger);
    if (found == x_ledgers.end()) return std::nullopt;
    const StoredLedger& stored = found->second;
    return HeldLedger{{stored.leaves.size(), merkle_root(stored.leaves)}, stored.note};
  }
  [[nodiscard]] Sha256Digest root_at(const LedgerRef& ledger, std::uint64_t size) const override {
    return merkle_root(std::span(x_ledgers.at(ledger).leaves).first(size));
  }
  [[nodiscard]] MerkleProof prove(const LedgerRef& ledger, std::uint64_t from,
                                  std::uint64_t to) const override {
    return consistency_proof(from, to, nodes_from_leaves(x_ledgers.at(ledger).leaves));
  }
  [[nodiscard]] std::string entry(const LedgerRef& ledger, std::uint64_t index) const override {
    return x_ledgers.at(ledger).entries.at(index);
  }
  [[nodiscard]] Frontier frontier(const LedgerRef& ledger) const override {
    Frontier result;
    const auto found = x_ledgers.find(ledger);
    if (found != x_ledgers.end()) result.append(found->second.leaves);
    return result;
  }
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> log_key(const LedgerRef& ledger) const override {
    if (!x_certified.contains(ledger.device)) return std::nullopt;
    return x_world.log_key(ledger);
  }
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> vouched_key(
      const LedgerRef& ledger, std::span<const std::string> entries) const override {
    if (!x_world.vouches_for(ledger.device)) return std::nullopt;
    if (entries.empty() || entries.front() != cert_entry(x_world.actor(ledger.device))) {
      return std::nullopt;
    }
    return x_world.log_key(ledger);
  }
  [[nodiscard]] std::vector<NoteKey<WitnessPurpose>> witnesses() const override {
    std::vector<NoteKey<WitnessPurpose>> result;
    for (const DeviceId& device : x_certified) {
      const Actor& actor = x_world.actor(device);
      if (actor.is_witness) result.push_back({device.hex(), actor.witness_key});
    }
    return result;
  }

  [[nodiscard]] bool admits(const LedgerRef& ledger,
                            std::span<const std::string> entries) const override {
    if (may_have(x_device, ledger.collection) || !writers(ledger.collection).empty()) return true;
    return std::ranges::find(entries, grant_entry(x_device, ledger.collection)) != entries.end();
  }

  void append(const LedgerRef& ledger, std::span<const std::string> entries,
              const SignedNote& note) override {
    sync_point(false);
    VAULT_ASSERT(!x_forks.contains(ledger));
    StoredLedger grown;
    const auto found = x_ledgers.find(ledger);
    if (found != x_ledgers.end()) grown = found->second;
    add(grown, entries);
    // No head without proof, and no entry that its device did not sign.
    VAULT_ASSERT(x_world.was_signed(ledger, grown.leaves));
    SignatureMemo memo;
    const NoteKeys keys{x_world.log_key(ledger), {}, memo};
    const auto verified = verify_note(encode(note), keys);
    VAULT_ASSERT(verified);
    const TreeHead tree{grown.leaves.size(), merkle_root(grown.leaves)};
    VAULT_ASSERT(verified->tree == tree);
    grown.note = note;
    learn(ledger, entries);
    x_ledgers[ledger] = std::move(grown);
    cosign_stored(ledger);
    sync_point(true);
  }
  void own_differs(const ForkProof& proof) override { other_histories.push_back(proof); }
  void replace_note(const LedgerRef& ledger, const SignedNote& note) override {
    sync_point(false);
    VAULT_ASSERT(x_ledgers.at(ledger).note.text == note.text);
    x_ledgers.at(ledger).note = note;
    cosign_stored(ledger);
    sync_point(true);
  }

  [[nodiscard]] std::vector<LedgerRef> forks() const override {
    std::vector<LedgerRef> result;
    for (const auto& [ledger, proof] : x_forks) result.push_back(ledger);
    return result;
  }
  [[nodiscard]] std::optional<ForkProof> find_fork(const LedgerRef& ledger) const override {
    const auto found = x_forks.find(ledger);
    return found == x_forks.end() ? std::nullopt : std::optional(found->second);
  }
  void keep_fork(const ForkProof& proof) override {
    sync_point(false);
    x_forks.emplace(proof.ledger, proof);
    sync_point(true);
  }

  // ---- Packs ----

  [[nodiscard]] std::vector<WantedPack> wanted(const WantedPack& after,
                                               std::size_t count) const override {
    std::vector<WantedPack> result;
    for (const WantedPack& pack : x_listed) {
      if (result.size() == count) break;
      if (pack > after && !x_packs.contains(pack.pack)) result.push_back(pack);
    }
    return result;
  }
  [[nodiscard]] bool is_listed(const PackName& name) const override {
    const auto found = x_listed.lower_bound({name.pack, name.collection, 0});
    return found != x_listed.end() && found->name() == name;
  }
  [[nodiscard]] std::optional<std::uint8_t> find_class(const PackId& pack) const override {
    const auto found = x_packs.find(pack);
    if (found == x_packs.end()) return std::nullopt;
    return found->second.tile.size_class;
  }
  [[nodiscard]] std::optional<Tile> find_tile(const PackId& pack) const override {
    const auto found = x_packs.find(pack);
    return found == x_packs.end() ? std::nullopt : std::optional(found->second.tile);
  }
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const override {
    const auto found = x_packs.find(pack);
    if (found == x_packs.end()) return std::nullopt;
    const std::size_t size = shard_bytes(found->second.tile.size_class);
    return to_bytes(ByteView(found->second.body).subspan(first * size, count * size));
  }
  [[nodiscard]] std::optional<PartialPack> find_partial(const PackId& pack) const override {
    const auto found = x_partials.find(pack);
    if (found == x_partials.end()) return std::nullopt;
    return PartialPack{found->second.tile, found->second.durable};
  }
  [[nodiscard]] ShardSet begin(const PackId& pack, const Tile& tile) override {
    sync_point(false);
    VAULT_ASSERT(tile.hashes == x_world.packs.at(pack).tile.hashes);
    x_partials[pack] = {tile, Bytes(std::size_t{1} << tile.size_class), {}, {}};
    return {};
  }
  void write(const PackId& pack, std::size_t first, ByteView shards) override {
    sync_point(false);
    StoredPartial& partial = x_partials.at(pack);
    VAULT_ASSERT(partial.tile == x_world.packs.at(pack).tile);
    const std::size_t offset = first * shard_bytes(partial.tile.size_class);
    // No byte that is not the pack's ever reaches a disk.
    VAULT_ASSERT(
        equal(ByteView(*x_world.packs.at(pack).body).subspan(offset, shards.size()), shards));
    std::ranges::copy(shards, MutableByteView(partial.body).subspan(offset).begin());
    const std::size_t count = shards.size() / shard_bytes(partial.tile.size_class);
    for (std::size_t i = 0; i < count; ++i) partial.written.set(first + i);
    written_bytes += shards.size();
  }
  void sync() override {
    sync_point(false);
    for (auto& [id, partial] : x_partials) partial.durable = partial.written;
    sync_point(true);
  }
  [[nodiscard]] bool finish(const PackId& pack) override {
    sync_point(false);
    const auto found = x_partials.find(pack);
    StoredPartial partial = std::move(found->second);
    x_partials.erase(found);
    if (partial.body != *x_world.packs.at(pack).body) return false;
    x_packs[pack] = {partial.tile, std::move(partial.body)};
    damaged.erase(pack);
    sync_point(true);
    return true;
  }
  void drop(const PackId& pack) override { x_partials.erase(pack); }
  void note_damaged(const PackId& pack) override {
    // A liar's is damaged on its way alone.
    if (x_packs.at(pack).body == *x_world.packs.at(pack).body) return;
    x_packs.erase(pack);
    damaged.insert(pack);
  }
  std::set<PackId> damaged;  // and not there again

  // ---- Copies ----

  [[nodiscard]] std::vector<PackName> to_ask(const DeviceId& peer, std::size_t count) override {
    std::vector<PackName> result;
    for (const auto& [id, pack] : x_packs) {
      if (result.size() == count) break;
      if (!shown.contains({peer, id})) result.push_back(x_world.packs.at(id).name);
    }
    return result;
  }
  void answered(const DeviceId& peer, const PackName& pack, bool was_shown) override {
    if (was_shown) {
      shown.insert({peer, pack.pack});
    } else {
      shown.erase({peer, pack.pack});
    }
  }
  void fill_random(MutableByteView target) override { x_world.random.fill(target); }
  std::set<std::pair<DeviceId, PackId>> shown;

  std::uint64_t written_bytes = 0;  // of shards, whether or not they lasted

 protected:
  static void add(StoredLedger& stored, std::span<const std::string> entries) {
    for (const std::string& entry : entries) {
      stored.entries.push_back(entry);
      stored.leaves.push_back(leaf_hash(as_bytes(entry)));
    }
  }

  // What entries say, from whoever wrote them: rights are not what is tested here.
  void learn(const LedgerRef& ledger, std::span<const std::string> entries) {
    for (const std::string& entry : entries) {
      std::istringstream words(entry);
      std::string act;
      std::string first;
      std::string second;
      words >> act >> first >> second;
      if (act == "cert") x_certified.insert(ledger.device);
      if (act == "grant") {
        x_grants.insert({*DeviceId::from_hex(first), *CollectionId::from_hex(second)});
      }
      if (act == "pack") {
        x_listed.insert({*PackId::from_hex(first), ledger.collection,
                         static_cast<std::uint8_t>(std::stoi(second))});
      }
    }
  }

  void cosign_stored(const LedgerRef& ledger) {
    const Actor& self = x_world.actors[x_actor];
    if (!self.is_witness || ledger.device == x_device) return;
    StoredLedger& stored = x_ledgers.at(ledger);
    const TreeHead tree{stored.leaves.size(), merkle_root(stored.leaves)};
    const auto [last, is_new] = x_cosigned.try_emplace(ledger, tree);
    if (!is_new && last->second == tree) return;
    // A witness has only ever seen the ledger grow.
    VAULT_ASSERT(is_new || last->second.size < tree.size);
    last->second = tree;
    stored.note.signatures.push_back(cosign(stored.note, self.device.hex(), self.witness, clock));
  }
  World& x_world;
  std::size_t x_actor;
  DeviceId x_device;
  std::map<LedgerRef, StoredLedger> x_ledgers;
  std::map<LedgerRef, ForkProof> x_forks;
  std::map<LedgerRef, TreeHead> x_cosigned;
  std::map<PackId, StoredPack> x_packs;
  std::map<PackId, StoredPartial> x_partials;
  std::set<DeviceId> x_certified;
  std::set<std::pair<DeviceId, CollectionId>> x_grants;
  std::set<WantedPack> x_listed;
};

// Remembers what it was told.
class Log final : public Listener {
 public:
  void ledger_grew(const LedgerRef& ledger, std::uint64_t size) override { grown[ledger] = size; }
  void fork_found(const LedgerRef& ledger, const DeviceId&) override { forks.insert(ledger); }
  void own_ledger_is_old(const LedgerRef& ledger, std::uint64_t size) override {
    old_own[ledger] = size;
  }
  void own_ledger_differs(const LedgerRef& ledger) override { own_differs.insert(ledger); }
  void pack_arrived(const PackName& pack) override { arrived.insert(pack); }
  void own_pack_damaged(const PackName& pack) override { damaged.insert(pack); }
  void bad_shards(const DeviceId& from, const PackName& pack) override {
    bad.insert({from, pack.pack});
  }
  void possession_answered(const DeviceId& by, const ShardName& shard, bool proven) override {
    possessions.push_back({by, shard.pack.pack, proven});
  }
  void storage_failed(const std::string& cause) override { failures.push_back(cause); }

  struct Answered {
    DeviceId by;
    PackId pack;
    bool proven = false;
  };
  std::map<LedgerRef, std::uint64_t> grown;
  std::set<LedgerRef> forks;
  std::map<LedgerRef, std::uint64_t> old_own;
  std::set<LedgerRef> own_differs;
  std::set<PackName> arrived;
  std::set<PackName> damaged;
  std::set<std::pair<DeviceId, PackId>> bad;
  std::vector<Answered> possessions;
  std::vector<std::string> failures;
};

}  // namespace muniment::sync::test
