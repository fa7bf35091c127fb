// A vault as one replica among others: what goes to partners and what comes from them. A third part
// of the facade. It needs the service compartment alone, so that a daemon can do all of it and read
// no document and no name.
#pragma once

#include <set>

#include "vault/consortium/fork.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/keyring/device_keys.hpp"
#include "vault/pack/partial_packs.hpp"
#include "vault/vault.hpp"

namespace muniment {

// A pack that is not here, as a ledger lists it. Another may list it in another collection or size:
// one of them may lie.
// Something to be told to the access log that takes no key.
struct AccessEvent {
  std::string_view act;  // of access_act
  std::string detail;
};

struct MissingPack {
  PackId pack;
  CollectionId collection;
  std::uint8_t size_class = 0;

  friend auto operator<=>(const MissingPack&, const MissingPack&) = default;
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
  [[nodiscard]] FileSystem& files() const;
  [[nodiscard]] const std::filesystem::path& directory() const;

  // Takes in what other processes wrote since. True if that was anything.
  bool refresh();

  // Writes to the access log; one sync. Errors are those of AccessJournal::event.
  void record(const AccessEvent& event);

  // The active device with this transport key.
  [[nodiscard]] std::optional<DeviceId> find_device(const VerifyKey<TransportPurpose>& key) const;
  // Whether the device is active and, but for the built-in collection, holds a grant of any kind.
  [[nodiscard]] bool may_have(const DeviceId& device, const CollectionId& collection) const;
  // All that are known, ascending.
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
  // makes the ledger if it is new. If this device is a witness, its cosignature is in the commit.
  // Error(damaged) if the note is not the log's, or not over exactly what the ledger then holds, or
  // the ledger is frozen. Error(busy), and nothing was done, while another process writes.
  void append(const LedgerName& name, std::span<const std::string> entries, const SignedNote& note);
  // As a witness, signs the checkpoints of others' ledgers that came in another way than append, as
  // in texts. Returns whose they are; none while another process writes, or if this device is no
  // witness.
  std::vector<LedgerName> cosign_held();
  // Adds to the newest checkpoint, if `note` is the same one, what witnesses signed of it and was
  // not known here; returns how many that were. Lines that do not verify are left out.
  std::size_t take_cosignatures(const LedgerName& name, const SignedNote& note);
  // More signatures on the newest checkpoint.
  void add_signatures(const LedgerName& name, const SignedNote& note);

  // Of ledgers with two histories: one proof for each, from forks/ or another ledger's entries.
  [[nodiscard]] const std::map<LedgerId, ForkEntry>& forks() const;
  // Keeps a proof, which was verified with log_key(); the ledger is frozen from now on.
  void keep_fork(LedgerFork fork);

  // Whether a held ledger of the collection lists the pack.
  [[nodiscard]] bool is_listed(const CollectionId& collection, const PackId& pack) const;
  // At most `count` of what is listed and not stored, ascending from the first above `after`.
  [[nodiscard]] std::vector<MissingPack> missing(const MissingPack& after, std::size_t count) const;
  [[nodiscard]] bool is_missing(const PackId& pack) const;
  // Packs.
  [[nodiscard]] std::size_t count_missing() const;
  // Of a stored pack; empty if there is none of a possible size.
  [[nodiscard]] std::optional<PackClass> find_class(const PackId& pack) const;
  [[nodiscard]] std::optional<PackTile> read_tile(const PackId& pack) const;
  // Bytes of the shards [first, first + count); empty if the store has not all of them.
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const;
  [[nodiscard]] PartialPacks& partial_packs();
  // A pack whose shards were all written: see PartialPacks::finish.
  [[nodiscard]] bool finish(const PackId& pack);

 private:
  struct Own;
  void make_own(std::optional<ServiceKeys> keys);
  [[nodiscard]] Vault::State& state() const;
  [[nodiscard]] bool may_cosign() const;
  [[nodiscard]] std::unique_ptr<FileLock> lock() const;
  void read_forks();
  [[nodiscard]] bool is_granted_by(const std::string& entry, const CollectionId& collection) const;
  void load();
  void heal_ledgers();
  void read_packs(const Ledger& ledger, std::uint64_t from);
  void reload(const LedgerName& name, const VerifyKey<LogPurpose>& log, std::uint64_t old_size);
  [[nodiscard]] SignedNote cosigned(const LedgerName& name, const SignedNote& note) const;

  Vault& x_vault;
  std::unique_ptr<Own> x_own;
};

// The name under which a device signs as a witness: `muniment/<consortium>/<device>`.
[[nodiscard]] std::string witness_name(const ConsortiumId& consortium, const DeviceId& device);

}  // namespace muniment
