// What a Vault holds; private to the facade's own files.
#pragma once

#include "vault/access_logs.hpp"
#include "vault/adopted.hpp"
#include "vault/anchor.hpp"
#include "vault/audit/journal.hpp"
#include "vault/authority.hpp"
#include "vault/catalog/catalog.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/consortium/keys.hpp"
#include "vault/forks.hpp"
#include "vault/keyring/keyring_file.hpp"
#include "vault/ledger_set.hpp"
#include "vault/marker.hpp"
#include "vault/restored.hpp"
#include "vault/snapshot/access.hpp"
#include "vault/snapshot/check.hpp"
#include "vault/snapshot/follow.hpp"
#include "vault/snapshot/ingest_pipeline.hpp"
#include "vault/store/directory_store.hpp"
#include "vault/vault.hpp"

namespace muniment {

// The ledgers and what they say.
struct Record {
  LedgerSet ledgers;
  Consortium consortium;
  // Ledgers of which two histories are known, here or by what a partner wrote: nothing more is
  // taken of them.
  std::map<LedgerId, LedgerName> frozen;
  AdoptedCharters adopted;
};

// A log as its witnesses see it. What it refers to must outlive it.
struct LoggedTree {
  LedgerName name;
  SignedNote checkpoint;  // the newest
  std::uint64_t size = 0;
  // Of sizes that it has had.
  std::function<Sha256Digest(std::uint64_t)> root_at;
  std::function<MerkleProof(std::uint64_t)> proof_since;

  // Whether the log once was just so.
  [[nodiscard]] bool has_been(const Checkpoint& seen) const {
    return seen.size <= size && root_at(seen.size) == seen.root;
  }
};

// Who vouches for a log, and for how much.
struct LogVouched {
  WitnessQuorum quorum;
  VouchedSizes sizes;
  bool condemned = false;  // see LogWitnesses
};

// What a credential opened. `catalog` is set once the reading keys are.
struct Opened {
  ServiceKeys service;
  ReadingKeys reading;
  OpenCollections keys;
  RefusedGrants refused_grants;  // to this device
  Names names;
  AccessMap access;
  // What this device may only add to, and what it calls it.
  std::map<CollectionId, std::string> deposits{};
};

// The catalog while it is open. Never moves: the pipeline's threads point to `shared`.
struct OpenCatalog {
  explicit OpenCatalog(Catalog opened) : catalog(std::move(opened)) {}
  OpenCatalog(OpenCatalog&&) = delete;

  Catalog catalog;
  SharedCatalog shared{catalog, {}};
};

struct Vault::State {
  Environment environment;
  std::filesystem::path directory;
  FoundMarker marker;
  LoadedKeyring keyring;
  std::vector<std::string> warnings;
  std::chrono::milliseconds lock_wait{30'000};
  DirectoryStore store;  // for reading
  std::optional<Record> record;
  std::optional<Opened> opened;
  std::unique_ptr<OpenCatalog> catalog;
  // Ledgers that no longer begin with what the catalog was made from.
  std::vector<Damage> rewritten;
  std::string user;
  std::string purpose;
  std::unique_ptr<AccessJournal> journal;  // while it is unlocked

  State(Environment environment, std::filesystem::path directory, FoundMarker marker,
        LoadedKeyring keyring);

  [[nodiscard]] const KeyringIdentity& identity() const { return keyring.keyring.identity(); }
  [[nodiscard]] std::filesystem::path ledger_directory() const { return directory / "ledgers"; }
  [[nodiscard]] std::filesystem::path catalog_path() const { return directory / "catalog.db"; }

  // Holds the vault's lock for as long as the result lives. Error(busy) after lock_wait;
  // Error(interrupted) if the wait is to end.
  [[nodiscard]] std::unique_ptr<FileLock> lock(const Activity& activity);
  [[nodiscard]] std::unique_ptr<FileLock> try_lock();

  // Reads the ledgers (again), and what follows from them.
  void load_record();
  // Writes down charters that came into force, so that they stay. The caller holds the lock.
  void keep_adopted();
  // Opens collections and names from the record; needs `opened`.
  void open_access();
  // Takes the authority key that the charter in force lists, if this device has it beside the
  // keyring; needs `opened`.
  void use_listed_authority();
  // Throws if a ledger was put back or replaced since the catalog was made, or the vault was put
  // back and it is not known what partners saw of it: nothing may be signed then.
  void require_untouched_ledgers() const;
  // The first half of it, for who is about to learn what they saw.
  void require_same_ledgers() const;
  // Opens the catalog and brings it up to date; `locked` says whether the caller holds the lock,
  // without which it is only read.
  void open_catalog(bool locked, Activity& activity);
  void catch_up(bool locked, Activity& activity);
  [[nodiscard]] std::vector<Damage> find_rewritten();
  void make_catalog(Activity& activity);
  void follow(Activity& activity);
  // After taking the lock: what another process did meanwhile.
  void refresh(Activity& activity);

  [[nodiscard]] Opened& unlocked();
  // This device as the ledgers have it; null if its certificate is missing. Valid until the record
  // is replaced.
  [[nodiscard]] const Device* own_device() const;
  // The member whose device this is, and its authority key. Error(denied) if that is elsewhere,
  // or no charter in force here knows the device.
  [[nodiscard]] const MemberId& own_member() const;
  [[nodiscard]] Custodian custodian() const;
  // Whether it is here, and the charter in force lists it.
  [[nodiscard]] bool has_authority() const;
  // "ask one of the custodians: bbc, icij": who has the role, without this device's own member.
  [[nodiscard]] std::string members_with(Role role) const;
  // Its name, or its id where that cannot be read.
  [[nodiscard]] std::string collection_name(const CollectionId& collection) const;
  // Runs `action`; an Error(denied) without a hint is given the custodians' names for one.
  template <class Action>
  auto explain_denied(Action&& action) const {
    try {
      return action();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied || !error.hint().empty()) throw;
      throw Error(ErrorCode::denied, error.what(), members_with(Role::custodian));
    }
  }
  // Whether this device was revoked, or its member left, as far as is known here.
  [[nodiscard]] bool is_cut_off() const;
  // Error(denied) on a device that was revoked: nothing that it writes would count for anybody.
  // Error(damaged) if it is proved to have signed two histories: partners take nothing more of it.
  void require_active() const;
  // For status: what munimentd said, and who vouches for ledgers. Need the record.
  void report_daemon(StatusReport& report) const;
  void report_witnesses(StatusReport& report) const;
  // ---- the access log ----
  // The one that is written now.
  [[nodiscard]] LedgerName access_log_name() const;
  [[nodiscard]] std::filesystem::path access_directory() const;
  [[nodiscard]] std::filesystem::path access_directory(const LedgerName& log) const;
  // Goes on in another access log from now on: the present one is not what others saw of it, of
  // which `seen` is a checkpoint. No permit may be alive. The caller holds the vault's lock.
  void begin_another_access_log(const std::optional<SignedNote>& seen);
  // ---- witnesses ----
  [[nodiscard]] static LoggedTree tree_of(const Ledger& ledger);
  [[nodiscard]] static LoggedTree tree_of(AccessLogView log);
  [[nodiscard]] LogVouched vouched_for(const LoggedTree& log) const;
  // A checkpoint of this device's log that witnesses cosigned, and that is not of the log as it is
  // here: this device was put back to an older state.
  [[nodiscard]] std::optional<SignedNote> find_lost(const LoggedTree& log) const;
  // Of all ledgers; nobody vouches for one that is condemned.
  [[nodiscard]] std::map<LedgerId, LogVouched> vouched_ledgers() const;

  // Whose devices and recovery words can read what is written now; never empty.
  [[nodiscard]] std::vector<Auditor> auditors() const;
  // Needs the record.
  [[nodiscard]] std::unique_ptr<AccessJournal> make_journal(const LogKey& log) const;
  // The intent is on disk when it returns. Needs `unlocked`; Error(usage) if the collection, or any
  // where none is given, wants to know what for and it was not said.
  [[nodiscard]] std::shared_ptr<AccessPermit> begin(AccessSubject subject,
                                                    const Activity& activity);
  // For what nobody can interrupt.
  [[nodiscard]] std::shared_ptr<AccessPermit> begin(AccessSubject subject);
  // Empty if there is no log yet. Needs the record, no key.
  [[nodiscard]] std::optional<AccessLogView> access_log() const;
  // The same of one that ended, or of a copy of another device's; damage there is an Error, too.
  [[nodiscard]] std::optional<AccessLogView> access_log(const LedgerName& log) const;
  // Those of which files are here, whatever is in them; ascending.
  [[nodiscard]] std::vector<LedgerName> access_log_names() const;
  // Needs `opened` for names. Error(not_found) if there is none, or it is not clear which.
  [[nodiscard]] LedgerName find_access_log(const AccessLogChoice& choice) const;
  // The newest checkpoint of the present one, as far as it can be read.
  [[nodiscard]] std::optional<SignedNote> last_access_checkpoint() const;
  [[nodiscard]] VerifyKey<LogPurpose> own_log_key() const;
  // What is wrong with the access log; all of it is read if `whole`, else its newest part.
  [[nodiscard]] std::vector<Damage> access_log_damage(bool whole, const Activity& activity) const;
  // Makes its two copies alike again; a line for each that was not. Needs no key.
  [[nodiscard]] std::vector<std::string> repair_access_log(const Activity& activity) const;
  void require_purpose(const AccessSubject& subject) const;
  // Seals to the auditors what happened while no log key is open. Best effort.
  void spool_event(std::string_view act, const std::string& detail, AccessOutcome outcome);

  // One commit to this device's ledger of the collection. The caller holds the lock.
  void append(const CollectionId& collection, std::span<const std::string> entries);
  // Error(not_found) with those that there are.
  [[nodiscard]] const CollectionAccess& find_collection(const std::string& name);
  // One that this device may add to and not read.
  [[nodiscard]] std::optional<CollectionId> find_deposit(const std::string& name) const;
  // The two ways to take files in; the caller holds the lock.
  [[nodiscard]] IngestResult take_in(const CollectionAccess& access,
                                     const std::shared_ptr<AccessPermit>& permit,
                                     std::span<const std::filesystem::path> paths,
                                     const IngestOptions& options, Activity& activity);
  [[nodiscard]] IngestResult deposit(const CollectionId& collection,
                                     std::span<const std::filesystem::path> paths,
                                     const IngestOptions& options, Activity& activity);
  // ---- anchors ----
  // "letters of desk"; its id while locked.
  [[nodiscard]] std::string ledger_text(const LedgerName& name) const;
  // Anchors of checkpoints that the ledger grew out of, the smallest first. Others are damage.
  [[nodiscard]] std::vector<Anchor> anchors_of(const Ledger& ledger,
                                               std::vector<Damage>& damage) const;
  void check_anchors(VerifyReport& report) const;

  // For travel mode.
  // A keyring that was cut off between its two copies has left the old keys in one of them.
  void finish_keyring();
  [[nodiscard]] std::set<CollectionId> to_leave_behind(const TravelOptions& options);
  [[nodiscard]] std::string certificate_for(const ReadingPublicKey& reading);
  void append_journey(const std::set<CollectionId>& without, UnixSeconds until,
                      const ReadingPublicKey& reading);
  [[nodiscard]] RecoverySecretKey recovery_key(const RecoverySeed& seed) const;
  void grant_to_self(const std::set<CollectionId>& wanted, const RecoverySecretKey& recovery);
  // The collections that this device travels without; null unless it does.
  [[nodiscard]] const Journey* journey() const;
  // What a deposit left that did not come to its end. Does nothing unless every ledger was read.
  void remove_abandoned_deposit(PackStore& packs, Activity& activity);
  [[nodiscard]] std::string device_name(const DeviceId& device) const;
  // "bbc/desk"; ids where names cannot be read.
  [[nodiscard]] std::string device_path(const DeviceId& device) const;
  // What names the device in names of snapshots: its name; with its member's where several devices
  // are called so; the first digits of its id where even that is not enough.
  [[nodiscard]] std::string device_label(const DeviceId& device) const;
  // Keeps the proof of a ledger's two histories: nothing more is taken of it from now on.
  void freeze(const ForkEntry& proof);
  // "access log of bbc/desk", "ledger letters of bbc/desk"; digits where names cannot be read.
  [[nodiscard]] std::string log_label(const LedgerName& log) const;
  // What is said of a ledger with two histories, and of whose device it is as far as names can be
  // read.
  [[nodiscard]] std::string describe_fork(const LedgerName& ledger) const;
  // And where its proof is kept.
  [[nodiscard]] std::string describe_kept_fork(const LedgerName& ledger) const;
  // The same of charters.
  [[nodiscard]] static std::string describe_fork(const CharterFork& fork);
  [[nodiscard]] std::vector<NamedSnapshot> named_snapshots(
      const std::optional<std::string>& collection);
  // All but `about`, which stands in the snapshot itself.
  [[nodiscard]] SnapshotInfo facts_of(const NamedSnapshot& snapshot) const;
  [[nodiscard]] SnapshotInfo describe(const NamedSnapshot& snapshot,
                                      const std::shared_ptr<AccessPermit>& permit,
                                      Activity& activity);
};

}  // namespace muniment
