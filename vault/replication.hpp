// A vault as one replica among others: what goes to partners and what comes from them. A third part
// of the facade. It needs the service compartment alone, so that a daemon can do all of it and read
// no document and no name.
#pragma once

#include <set>

#include "vault/audit/view.hpp"
#include "vault/consortium/fork.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/consortium/quorum.hpp"
#include "vault/keyring/device_keys.hpp"
#include "vault/pack/partial_packs.hpp"
#include "vault/vault.hpp"
#include "vault/witness_text.hpp"

namespace muniment {

// Something to be told to the access log that takes no key.
struct AccessEvent {
  std::string_view act;  // of access_act
  std::string detail;
};

// A pack as a ledger lists it. Another may list it in another collection or size: one of them may
// lie.
struct PackListing {
  PackId pack;
  CollectionId collection;
  std::uint8_t size_class = 0;

  friend auto operator<=>(const PackListing&, const PackListing&) = default;
};

// Packs that are listed and not here, or damaged here.
struct MissingPacks {
  std::uint64_t packs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t damaged = 0;  // of them

  friend bool operator==(const MissingPacks&, const MissingPacks&) = default;
};

// An access log that is here, as partners see it.
struct HeldAccessLog {
  AccessLogView view;
  SignedNote note;  // of view.checkpoint(), and whoever cosigned it

  [[nodiscard]] std::uint64_t size() const noexcept { return view.size(); }
};

// Not thread-safe; one at a time for each vault.
class Replication {
 public:
  // The vault must outlive it. Makes the copies of ledgers alike of which a crash left one. Errors
  // are those of Keyring::open_service.
  Replication(Vault& vault, const Credential& credential);
  // Of a vault that is unlocked.
  explicit Replication(Vault& vault);
  ~Replication();

  [[nodiscard]] const ConsortiumId& consortium() const;
  [[nodiscard]] const DeviceId& device() const;
  [[nodiscard]] const TransportKey& transport_key() const;
  [[nodiscard]] UnixSeconds now() const;
  [[nodiscard]] Random& random() const;
  [[nodiscard]] FileSystem& files() const;
  [[nodiscard]] const std::filesystem::path& directory() const;

  // Takes in what other processes wrote since. True if that was anything.
  bool refresh();

  // Writes to the access log; one sync. Errors are those of AccessJournal::event.
  void record(const AccessEvent& event);

  // The active device with this transport key.
  [[nodiscard]] std::optional<DeviceId> find_device(const VerifyKey<TransportPurpose>& key) const;
  // See the function of this name.
  [[nodiscard]] bool may_have(const DeviceId& device, const CollectionId& collection) const;
  // All that are known, ascending; those of access logs that are here stand among them.
  [[nodiscard]] std::vector<CollectionId> collections() const;

  // All ledgers that are held, verified.
  [[nodiscard]] const std::vector<Ledger>& ledgers() const;
  // Valid until something is appended or refreshed.
  [[nodiscard]] const Ledger* find_ledger(const LedgerName& name) const;
  // Empty while no certificate of the device is held.
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> log_key(const LedgerName& name) const;
  // The key in the certificate among `entries`, with which the device's ledger of the built-in
  // collection begins, if a member of the present charter vouches for it.
  [[nodiscard]] std::optional<NoteKey<LogPurpose>> vouched_key(
      const LedgerName& name, std::span<const std::string> entries) const;
  // Whether something of this collection may be taken in: what this device may have, or has a
  // ledger of already; else a ledger whose `entries` hold a grant to this device, approved by
  // custodians.
  [[nodiscard]] bool admits(const LedgerName& name, std::span<const std::string> entries) const;
  // Of active devices whose member has the role, under the names that they sign with.
  [[nodiscard]] std::vector<NoteKey<WitnessPurpose>> witnesses() const;

  // Commits what a partner sent of another device's ledger, or of this one's after it was put back;
  // makes the ledger if it is new. Access logs, too, are taken so, and then cosigned by
  // refresh_access_logs; of this device's present one nothing is taken (note_seen). If this device
  // is a witness, its cosignature is in the commit, unless it cosigned more of this ledger already.
  // Error(damaged) if the note is not the log's, or not over exactly what the ledger then holds, or
  // the ledger is frozen, or these entries are not those that this device cosigned: then a proof is
  // kept. Error(busy), and nothing was done, while another process writes.
  void append(const LedgerName& name, std::span<const std::string> entries, const SignedNote& note);
  // As a witness, signs the checkpoints of others' ledgers that came in another way than append, as
  // in texts; and one of them again if it has signed none for three days, so that partners know
  // that it is there. Returns whose they are; none while another process writes, or if this device
  // is no witness.
  std::vector<LedgerName> cosign_held();
  // As a witness, answers what is asked of this device, in the order of the request, and what is
  // signed is remembered before. Error(denied) if this device is no witness, or does not know what
  // it signed since it was put back from a backup; Error(busy) while another process writes.
  [[nodiscard]] std::vector<WitnessAnswer> answer(const WitnessRequest& request);
  // Adds to the newest checkpoint, if `note` is the same one, what witnesses signed of it and was
  // not known here; returns how many that were. Lines that do not verify are left out.
  std::size_t take_cosignatures(const LedgerName& name, const SignedNote& note);
  // More signatures on the newest checkpoint. Those on this device's own ledgers stay known when
  // they grow.
  void add_signatures(const LedgerName& name, const SignedNote& note);

  // ---- access logs, of this device and of others ----

  // Once an hour takes this device's own as it is; and, as a witness, signs together the
  // checkpoints of others that it has not signed. Returns those that are not what they were.
  // Error(busy) while another process writes to one of them.
  [[nodiscard]] std::vector<LedgerName> refresh_access_logs();
  // Ascending.
  [[nodiscard]] std::vector<LedgerName> access_logs() const;
  // Null if it is not here. Valid until something is appended or refreshed.
  [[nodiscard]] HeldAccessLog* find_access_log(const LedgerName& name) const;
  // Its files turned out to be damaged: as if it were not here, until a partner brings it again.
  void drop_access_log(const LedgerName& name);
  // Partners have a checkpoint of this device's log that is not of the one here. The present access
  // log ends then, and another goes on.
  void note_seen(const LedgerName& name, const SignedNote& seen);

  // Of ledgers with two histories: one proof for each, from forks/ or another ledger's entries.
  [[nodiscard]] const std::map<LedgerId, ForkEntry>& forks() const;
  // Keeps a proof, which was verified with log_key(); the ledger is frozen from now on.
  void keep_fork(LedgerFork fork);

  // Whether a held ledger of the collection lists the pack.
  [[nodiscard]] bool is_listed(const CollectionId& collection, const PackId& pack) const;
  // The packs that a ledger lists, in its order.
  [[nodiscard]] const std::vector<PackId>& packs_of(const LedgerName& ledger) const;
  // At most `count` of what is listed and not stored, or damaged, ascending from the first above
  // `after`.
  [[nodiscard]] std::vector<PackListing> missing(const PackListing& after, std::size_t count) const;
  [[nodiscard]] bool is_missing(const PackId& pack) const;
  [[nodiscard]] MissingPacks count_missing() const;
  // Whether it is stored, and not known to be damaged.
  [[nodiscard]] bool is_whole(const PackId& pack) const;
  // Of a stored pack; empty if there is none of a possible size.
  [[nodiscard]] std::optional<PackClass> find_class(const PackId& pack) const;
  [[nodiscard]] std::optional<PackTile> read_tile(const PackId& pack) const;
  // Bytes of the shards [first, first + count); empty if the store has not all of them. Of a pack
  // that is known to be damaged only what is what it was.
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const;
  [[nodiscard]] PartialPacks& partial_packs();
  // Begins, or goes on with, a pack whose tile was proved. Of a damaged one it takes over, and
  // returns, the shards that are what they were.
  [[nodiscard]] ShardSet begin(const PackId& pack, PackClass size_class, const PackTile& tile);
  // A pack whose shards were all written: see PartialPacks::finish.
  [[nodiscard]] bool finish(const PackId& pack);
  // A pack was stored in another way; the caller does not hold the vault's lock.
  void note_whole(const PackId& pack);
  // A stored pack turned out to be damaged: it is missing from now on, and stays where it is.
  void note_damaged(const PackId& pack);

 private:
  struct Own;
  void make_own(std::optional<ServiceKeys> keys);
  [[nodiscard]] Vault::State& state() const;
  friend class Witnessing;
  [[nodiscard]] bool is_witness() const;
  [[nodiscard]] bool may_cosign() const;
  // The caller holds the vault's lock.
  [[nodiscard]] std::vector<WitnessAnswer> answer_locked(const WitnessRequest& request);
  [[nodiscard]] WitnessAnswer answer(const WitnessAsk& ask);
  [[nodiscard]] std::vector<LedgerName> uncosigned() const;
  void append_access(const LedgerName& name, std::span<const std::string> entries,
                     const SignedNote& note);
  void add_access_signatures(const LedgerName& name, const SignedNote& note);
  void cosign_access_logs(std::vector<LedgerName>& changed);
  void remember_cosignatures(const LedgerName& name, const SignedNote& note) const;
  // The ledger to sign again, if it is time.
  [[nodiscard]] std::optional<LedgerName> sign_of_life() const;
  [[nodiscard]] std::unique_ptr<FileLock> lock() const;
  void read_forks();
  [[nodiscard]] bool is_granted_by(const std::string& entry, const CollectionId& collection) const;
  void load();
  void heal_ledgers();
  void load_packs();
  void read_packs(const Ledger& ledger, std::uint64_t from);
  // Writes down which packs are damaged, or are no more, as soon as nobody else holds the vault.
  void save_damage();
  void note_written(const LedgerName& name);
  void reload(const LedgerName& name, const VerifyKey<LogPurpose>& log, std::uint64_t old_size);

  Vault& x_vault;
  std::unique_ptr<Own> x_own;
};

// Whether the device is active and, but for the built-in collection and those of access logs, holds
// a grant of any kind.
[[nodiscard]] bool may_have(const Consortium& consortium, const DeviceId& device,
                            const CollectionId& collection);

}  // namespace muniment
