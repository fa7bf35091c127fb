// A vault as the protocol sees a replica: its ledgers, fork proofs and packs through the facade.
#pragma once

#include "sync/protocol/copies.hpp"
#include "sync/protocol/ledgers.hpp"
#include "sync/protocol/packs.hpp"
#include "vault/known_copies.hpp"

namespace muniment::sync {

// Used by one thread.
class VaultReplica final : public Ledgers, public Packs, public Copies {
 public:
  // `vault` must outlive it.
  explicit VaultReplica(Replication& vault) : x_vault(vault), x_copies(vault) {}

  // Takes in what other processes wrote, and cosigns it, with what came of access logs; to be
  // called first of all, and every few seconds. Returns the ledgers that are not what they were,
  // for Node::changed.
  [[nodiscard]] std::vector<LedgerRef> refresh();

  [[nodiscard]] const ConsortiumId& consortium() const override { return x_vault.consortium(); }
  [[nodiscard]] const DeviceId& device() const override { return x_vault.device(); }
  [[nodiscard]] bool may_have(const DeviceId& device,
                              const CollectionId& collection) const override;
  [[nodiscard]] std::vector<CollectionId> collections() const override;
  [[nodiscard]] std::vector<DeviceId> writers(const CollectionId& collection) const override;
  [[nodiscard]] std::optional<HeldLedger> find(const LedgerRef& ledger) const override;
  [[nodiscard]] Sha256Digest root_at(const LedgerRef& ledger, std::uint64_t size) const override;
  [[nodiscard]] MerkleProof prove(const LedgerRef& ledger, std::uint64_t from,
                                  std::uint64_t to) const override;
  [[nodiscard]] std::string entry(const LedgerRef& ledger, std::uint64_t index) const override;
  [[nodiscard]] Frontier frontier(const LedgerRef& ledger) const override;
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> log_key(const LedgerRef& ledger) const override;
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> vouched_key(
      const LedgerRef& ledger, std::span<const std::string> entries) const override;
  [[nodiscard]] std::vector<NoteKey<WitnessPurpose>> witnesses() const override;
  [[nodiscard]] bool admits(const LedgerRef& ledger,
                            std::span<const std::string> entries) const override;
  void append(const LedgerRef& ledger, std::span<const std::string> entries,
              const SignedNote& note) override;
  void own_differs(const ForkProof& proof) override;
  void replace_note(const LedgerRef& ledger, const SignedNote& note) override;
  [[nodiscard]] std::vector<LedgerRef> forks() const override;
  [[nodiscard]] std::optional<ForkProof> find_fork(const LedgerRef& ledger) const override;
  void keep_fork(const ForkProof& proof) override;

  [[nodiscard]] std::vector<WantedPack> wanted(const WantedPack& after,
                                               std::size_t count) const override;
  [[nodiscard]] bool is_listed(const PackName& name) const override;
  [[nodiscard]] std::optional<std::uint8_t> find_class(const PackId& pack) const override;
  [[nodiscard]] std::optional<Tile> find_tile(const PackId& pack) const override;
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const override;
  [[nodiscard]] std::optional<PartialPack> find_partial(const PackId& pack) const override;
  [[nodiscard]] ShardSet begin(const PackId& pack, const Tile& tile) override;
  void write(const PackId& pack, std::size_t first, ByteView shards) override;
  void sync() override;
  [[nodiscard]] bool finish(const PackId& pack) override;
  void drop(const PackId& pack) override;
  void note_damaged(const PackId& pack) override;

  [[nodiscard]] std::vector<PackName> to_ask(const DeviceId& peer, std::size_t count) override;
  void answered(const DeviceId& peer, const PackName& pack, bool shown) override;
  void fill_random(MutableByteView target) override;
  // Writes down who has shown what. Error(io) if it cannot.
  void save_copies() { x_copies.save(); }

 private:
  [[nodiscard]] LedgerName name_of(const LedgerRef& ledger) const;
  [[nodiscard]] const Ledger& get(const LedgerRef& ledger) const;
  // Runs `action` on an access log that is here. If that is damaged it is not here any more.
  template <class Action>
  [[nodiscard]] auto with_access_log(const LedgerRef& ledger, Action action) const;

  Replication& x_vault;
  KnownCopies x_copies;
  // What the node knows of.
  std::map<LedgerRef, TreeHead> x_told;
  std::set<LedgerRef> x_told_forks;
};

}  // namespace muniment::sync
