// The vault: one directory on one device, and everything that one can do with it. The one header
// that cli/ and sync/ start from.
//
// A Vault opens without any key: it can then be verified, repaired and asked for its status.
// unlock() opens the reading compartment and the catalog; ingest, ls, cat, restore, diff and find
// need that. Every plaintext byte leaves through a Reader (vault/snapshot/reader.hpp), and nothing
// is unlocked, listed, searched or read before the access log says so (vault/audit/journal.hpp).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vault/audit/journal.hpp"
#include "vault/audit/view.hpp"
#include "vault/base/activity.hpp"
#include "vault/base/clock.hpp"
#include "vault/base/error.hpp"
#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"
#include "vault/base/text.hpp"
#include "vault/consortium/quorum.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/crypto/kdf.hpp"
#include "vault/crypto/random.hpp"
#include "vault/keyring/keyring.hpp"
#include "vault/snapshot/about.hpp"
#include "vault/snapshot/diff.hpp"
#include "vault/snapshot/ingest.hpp"
#include "vault/snapshot/reader.hpp"
#include "vault/snapshot/restore.hpp"
#include "vault/snapshot/verify.hpp"

namespace muniment {

// The outside world, injected so that tests can break it. Must outlive every Vault made from it.
struct Environment {
  FileSystem& files;
  const Clock& clock;
  Random& random;
};

struct InitOptions {
  std::filesystem::path directory;  // absent or empty
  std::string member;               // empty: random words are made up
  std::string device;               // empty: random words are made up
  // For a passphrase only; the key file needs none.
  Argon2idCost argon2id_cost;
};

struct InitResult {
  VaultId vault;
  std::string member;
  std::string device;
  // 33 words of SLIP-39; to be shown once, printed, and wiped. Empty for a vault opened by a key
  // file.
  SecretBytes recovery_words;
};

struct CollectionInfo {
  CollectionId id;
  std::string name;
  std::uint64_t snapshots = 0;
};

// Names a snapshot the way people type it: COLLECTION/NUMBER[@DEVICE] or COLLECTION/latest.
struct SnapshotName {
  std::string collection;
  std::optional<std::uint64_t> number;  // empty: the last committed in ledger order
  // A name, MEMBER/NAME, or a prefix of the id of at least 4 digits; empty: any.
  std::string device;

  // Empty if `text` is not such a name.
  [[nodiscard]] static std::optional<SnapshotName> parse(std::string_view text);
};

struct SnapshotInfo {
  std::string name;  // COLLECTION/NUMBER@DEVICE, or @MEMBER/DEVICE if several are called so
  std::string collection;
  std::uint64_t number = 0;
  std::string device;
  UnixSeconds created = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  Sha256Digest content_root;
  About about;  // only from snapshots(); empty if the snapshot's index cannot be read
  CollectionId collection_id;
  ChunkId index;  // the chunk that heads the snapshot
  DeviceId device_id;
  WitnessStanding witnesses;  // who vouches for its entry; only from snapshots()
};

// How far witnesses vouch for a log that is here: "witnessed 5/13".
struct LogWitnesses {
  std::string log;  // "access log of bbc/desk", "ledger letters of bbc/desk"
  std::string origin;
  bool own = false;        // this device's
  std::uint64_t size = 0;  // of the log
  WitnessStanding standing;
  // A signature of a known witness on it does not verify, or is of another history: none counts.
  bool condemned = false;
};

// What the access log says, with names where they can be read and ids where not.
struct AccessInfo {
  std::uint64_t index = 0;
  AccessRecord record;
  std::string device;      // whose log it is
  std::string member;      // whose device
  std::string collection;  // these two: empty if it is about none
  std::string snapshot;
};

// An access log with which this device did not go on after it was put back to an older state.
struct EndedAccessLog {
  AccessLogNumber number;
  std::string origin;
  std::uint64_t here = 0;   // entries that are here
  std::uint64_t known = 0;  // that it had at least
  bool damaged = false;
};

struct AccessLogReport {
  std::string log;  // "access log of bbc/desk"
  std::string origin;
  bool exists = false;
  AccessLogCheck check;
};

// Which access log is meant. Without anything, the one that this device writes.
struct AccessLogChoice {
  std::string device;  // MEMBER/DEVICE, the device's name if no other has it, or its id
  std::string number;  // the first digits of the log's
};

// All that a device that may only deposit knows of a snapshot that it made.
struct DepositInfo {
  std::string name;  // COLLECTION/NUMBER@DEVICE
  std::string collection;
  std::uint64_t number = 0;
  std::string device;
  std::uint64_t packs = 0;
  std::uint64_t stored_bytes = 0;
};

struct TravelOptions {
  std::vector<std::string> without;  // collections' names
  bool without_all = false;          // all but the built-in one, instead of names
  UnixSeconds until = 0;
};

struct TravelReport {
  struct LeftBehind {
    std::string collection;
    std::vector<std::string> holders;  // who can read all of it, as far as is known here
  };
  std::vector<LeftBehind> left_behind;
  std::vector<std::string> kept;  // collections that can still be read, with the built-in one
  std::size_t slots_closed = 0;
};

struct ReturnReport {
  std::vector<std::string> restored;  // collections
  // Ids of those that a custodian has to grant again: their names are not known here any more.
  std::vector<CollectionId> missing;
};

// How many of a snapshot's files are going to be read.
enum class ReaderUse {
  few,   // what is needed of each pack
  bulk,  // whole packs, kept while they are in use: up to 100 MiB
};

// When the access log says that an agent's keys were taken; that they were opened for it, it has.
enum class UnlockEntry {
  before,          // on disk before they are used
  with_first_act,  // with the intent of what is done next, at one sync for both: for whoever shows
                   // nothing before
};

// What a reader is for, as the access log says it.
struct ReadScope {
  std::string_view act = access_act::read;  // or list, compare, export
  std::string path{};                       // a file or folder; empty: all of the snapshot
  std::string detail{};                     // printable text of one line
};

struct CollectionPolicy {
  bool purpose_required = false;  // every read must say what for
};

struct BackupReport {
  std::uint64_t bytes = 0;
  std::uint64_t ledgers = 0;
};

struct RestoredBackup {
  VaultId vault;
  bool keyring = false;           // it was missing, damaged or older
  std::vector<LedgerId> ledgers;  // those that were missing, damaged or shorter
  // Partners may have seen more of this device: nothing is written before their texts were taken
  // in, or resume().
  bool asks_partners = false;
  // The access log may have gone on since, so this device goes on in another one, which says so.
  bool other_access_log = false;
};

// Asks for what opens a keyring that has these slots.
using CredentialFor = std::function<Credential(std::span<const SlotInfo>)>;

struct FindQuery {
  std::optional<std::string>
      name_glob;  // fnmatch on the last component, or on the path if it has a '/'
  std::optional<Sha256Digest> sha256;
  std::optional<std::string> collection;
};

struct FindResult {
  std::string snapshot;
  Entry entry;
};

// When it is said that witnesses vouched for nothing.
inline constexpr UnixSeconds witnessed_warning_days = 7;
inline constexpr UnixSeconds witnessed_alarm_days = 21;

struct StatusReport {
  VaultId vault;
  std::filesystem::path directory;
  std::string device;  // empty while locked
  bool unlocked = false;

  struct Collection {
    std::string name;  // hexadecimal id while locked
    std::uint64_t snapshots = 0;
    std::uint64_t packs = 0;
    std::uint64_t stored_bytes = 0;
    // Devices of others that may have it, and how many of them could produce a shard of each pack
    // of it that is here, when they were asked for one at random; since then, or later.
    std::uint64_t partners = 0;
    std::uint64_t copies = 0;
    std::optional<UnixSeconds> copies_since;
  };
  std::vector<Collection> collections;

  struct Partner {
    std::string device;  // hexadecimal id while locked
    bool connected = false;
    std::optional<UnixSeconds> contact;  // when it last was
    std::uint64_t received = 0;          // bytes
    std::uint64_t sent = 0;
    std::uint64_t bad_packs = 0;  // of which it sent what is none
  };
  // What munimentd last said.
  struct Daemon {
    UnixSeconds time = 0;
    bool running = false;  // else it was ended
    std::uint64_t missing_packs = 0;
    std::uint64_t missing_bytes = 0;
    std::uint64_t damaged_packs = 0;  // of these
    std::uint64_t received_per_second = 0;
    std::uint64_t sent_per_second = 0;
    std::vector<Partner> partners;
  };
  std::optional<Daemon> daemon;  // empty if it never ran here

  struct Witness {
    std::string member;               // hexadecimal id while locked
    std::optional<UnixSeconds> last;  // when it last vouched for a ledger that is here
  };
  std::vector<Witness> witnesses;        // of other members
  std::optional<UnixSeconds> witnessed;  // since then as many of them vouched as the charter wants
  std::vector<LogWitnesses> logs;        // as witnesses() says
  std::vector<LedgerId> frozen;          // ledgers of which two histories are known
  std::uint64_t packs_unlisted = 0;      // left by an interrupted ingest; the next one adopts them
  std::uint64_t bytes_unlisted = 0;      // of these packs
  std::optional<UnixSeconds> last_verified;
  VerifyDepth last_verified_depth = VerifyDepth::presence;
  std::uint64_t last_verified_damage = 0;  // damaged objects that were found then
  std::optional<UnixSeconds> last_backup;  // of keyring and ledgers
  std::optional<UnixSeconds> travels_until;
  std::size_t left_behind = 0;    // collections that it travels without
  std::vector<std::string> todo;  // what needs doing, a line each
};

// Not thread-safe; operations use threads of their own inside. Throws Error as documented in
// error.hpp.
class Vault {
 public:
  // Makes a vault: keyring, device keys, a charter of one, and its grants to itself and to its
  // recovery identity. Nothing is left behind if it fails.
  static InitResult init(const InitOptions& options, const Credential& credential,
                         Environment environment);

  // Opens without a key. Error(no_vault) if the directory holds none; Error(unsupported) for
  // another version.
  static Vault open(const std::filesystem::path& directory, Environment environment);

  // `start` or the nearest directory above it that holds a vault.
  [[nodiscard]] static std::optional<std::filesystem::path> find_directory(
      const std::filesystem::path& start, FileSystem& files);

  ~Vault();
  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;

  [[nodiscard]] const VaultId& id() const;
  // What opening found and went on with: a damaged keyring copy, a ledger read from its second
  // copy.
  [[nodiscard]] const std::vector<std::string>& warnings() const;

  // Error(wrong_key) if the credential opens nothing; Error(damaged) if the keyring is damaged in
  // both copies. A catalog that is missing, old, foreign or damaged is said to `activity` and
  // rebuilt.
  void unlock(const Credential& credential, Activity& activity);
  // The same with the keys themselves, as an agent keeps them. Error(wrong_key) if they are not
  // this device's.
  void unlock(DeviceKeys keys, Activity& activity, UnlockEntry entry = UnlockEntry::before);

  // What an agent keeps. Looks at nothing but the keyring; errors are those of unlock().
  [[nodiscard]] DeviceKeys open_keys(const Credential& credential) const;

  // Who opens the keyring, in the order in which they were added. Needs no key.
  [[nodiscard]] std::vector<SlotInfo> key_slots() const;
  // Each opens the keyring anew with `current`, so that nobody changes locks at a screen that was
  // left unlocked, and rewrites nothing but slots. Errors are those of Keyring.
  SlotId add_key(const Credential& current, const Credential& added, const NewSlot& slot,
                 const Activity& activity);
  // Of the slot `id`, or without one of the slot that `current` opens; returns which it was.
  SlotId change_key(const Credential& current, const std::optional<SlotId>& id,
                    const Credential& changed, const Argon2idCost& cost, const Activity& activity);
  void remove_key(const Credential& current, const SlotId& id, const Activity& activity);

  // Makes `seed` what recovers this member, in place of what did: the keyring's slot, and in the
  // ledgers the recipient to which its grants are sealed from now on. Returns the collections that
  // only a custodian can grant to it. Errors as for add_key.
  [[nodiscard]] std::vector<std::string> replace_recovery(const Credential& current,
                                                          const RecoverySeed& seed,
                                                          Activity& activity);
  // Opens the keyring with the seed and lets `fresh` open it from now on: in the slot of the
  // passphrase that is lost, if that is the only one. Partners learn of it from the ledger.
  void recover(const RecoverySeed& seed, const Credential& fresh, const Argon2idCost& cost,
               Activity& activity);

  // Makes a new authority key for the member, beside the one in the keyring, and gives its public
  // half as in authorized_keys. It counts once a charter lists it (CharterChange::keys); until then
  // the same one is given again. Needs unlock().
  [[nodiscard]] std::string new_authority(Activity& activity);
  // Leaves collections behind: nothing in the vault's directory opens them afterwards, whatever
  // passphrase, key file or agent is at hand, and until they are granted again. There is a new
  // reading key, whose only slot is `fresh`. Error(denied) names a collection that nobody else
  // holds completely. A crash leaves the vault as it was, or travelling.
  [[nodiscard]] TravelReport travel(const Credential& current, const TravelOptions& options,
                                    const Credential& fresh, const Argon2idCost& cost,
                                    Activity& activity);
  // Ends that. Needs unlock(). With the member's recovery seed it takes back what the seed opens,
  // as far as this member may grant; without (null) custodians grant it. Error(usage) if the device
  // did not travel and there is nothing to take back.
  [[nodiscard]] ReturnReport end_travel(const RecoverySeed* seed, Activity& activity);

  // Writes to the new file `file` what cannot be made again, sealed: keyring and ledgers, no packs.
  // Error(exists) if there is one of this name.
  BackupReport export_backup(const Credential& current, const std::filesystem::path& file,
                             const Activity& activity);
  // Makes the vault in `directory`, which is absent, empty or what is left of it; puts back what is
  // missing, damaged or older there, and nothing else. The next unlock() makes the catalog.
  static RestoredBackup import_backup(const std::filesystem::path& directory,
                                      const std::filesystem::path& file,
                                      const CredentialFor& credential_for, Environment environment);

  // Ends the wait for partners' texts after import_backup: nobody saw more of this device than the
  // vault has. Needs no key.
  void resume(const Activity& activity);

  // What the access log says of whoever uses this object from now on: the name that they chose, at
  // most 255 bytes, and what for, at most 200; either may be empty. Error(usage) if it is not one
  // line of text.
  void set_actor(const std::string& user, const std::string& purpose);
  // That an agent was given these keys for so long, or gave them up; before it happens.
  void record_agent(const DeviceKeys& keys, std::optional<std::chrono::seconds> lifetime,
                    const Activity& activity);

  // How long operations that write wait for another process before Error(busy).
  void set_lock_wait(std::chrono::milliseconds wait);

  // Need unlock().
  CollectionInfo create_collection(const std::string& name, Activity& activity,
                                   const CollectionPolicy& policy = {});
  [[nodiscard]] std::vector<CollectionInfo> collections();
  // Where this device may only deposit, nothing that could open the snapshot is left once it
  // returned, and packs that a crash left are deleted by the next ingest.
  // Once it returned, the snapshot is durable, and known to everyone who opens the vault. If the
  // catalog could not follow, that is said to `activity`, and this object is locked again.
  // The report of a dry run names no snapshot.
  [[nodiscard]] IngestReport ingest(const std::string& collection,
                                    std::span<const std::filesystem::path> paths,
                                    const IngestOptions& options, Activity& activity);
  // By collection, then number. A snapshot whose own index is damaged is said to `activity`.
  [[nodiscard]] std::vector<SnapshotInfo> snapshots(const std::optional<std::string>& collection,
                                                    Activity& activity);
  // What this device deposited where it cannot read, by collection, then number.
  [[nodiscard]] std::vector<DepositInfo> deposits(const std::optional<std::string>& collection);
  // Error(not_found) names what there is instead, after the access log has what waits.
  [[nodiscard]] SnapshotInfo resolve(const SnapshotName& name);
  // Uses the vault, which must outlive it. The access log has the intent before a key is used;
  // Error(io) if it cannot be written.
  [[nodiscard]] std::unique_ptr<Reader> reader(const SnapshotInfo& snapshot, ReaderUse use,
                                               Activity& activity, const ReadScope& scope = {});
  // By snapshot, then in path order. The visitor returns false to stop.
  void find(const FindQuery& query, const std::function<bool(const FindResult&)>& visitor,
            Activity& activity);
  void rebuild_catalog(Activity& activity);

  // Calls `visitor` with every record of an access log that was sealed for this device, in order;
  // it returns false to stop. This itself is recorded. Needs unlock(). Error(not_found) if the log
  // is not here, or several could be meant.
  [[nodiscard]] AccessReading read_access_log(const std::function<bool(const AccessInfo&)>& visitor,
                                              const Activity& activity,
                                              const AccessLogChoice& choice = {});
  // All of which files are here: this device's, and copies of others'. Needs no key.
  [[nodiscard]] std::vector<AccessLogChoice> access_logs();
  // The newest first. Needs no key.
  [[nodiscard]] std::vector<EndedAccessLog> ended_access_logs();
  // Hashes the access log again and compares. Needs no key.
  [[nodiscard]] AccessLogReport verify_access_log(const Activity& activity);
  // The same of the copies of other devices' logs that are here; of one that cannot be read, that
  // is the damage.
  [[nodiscard]] std::vector<AccessLogReport> verify_access_log_copies(const Activity& activity);
  // A C2SP tlog-proof of entry `index`. Needs no key. Error(not_found) if there are fewer.
  [[nodiscard]] std::string access_log_proof(std::uint64_t index);
  // For a log that is damaged in both copies, without which nothing unlocks: goes on after what is
  // whole, and says so in it. Returns how many bytes were given up; empty if it is not damaged.
  std::optional<std::uint64_t> repair_access_log(const DeviceKeys& keys, const Activity& activity);

  // Need no key, except that VerifyDepth::deep does; with unlock() damage is named by file and
  // snapshot.
  [[nodiscard]] VerifyReport verify(VerifyDepth depth, Activity& activity);
  [[nodiscard]] RepairReport repair(Activity& activity);
  [[nodiscard]] StatusReport status();

  // Of all logs that are here; the access log is the last. Needs no key. Of others' ledgers only
  // their newest checkpoint counts, of this device's own logs all that witnesses said.
  [[nodiscard]] std::vector<LogWitnesses> witnesses();

 private:
  friend class Partners;        // vault/partners.hpp: what concerns other members
  friend class Bundles;         // vault/bundles.hpp: the same in files
  friend class Replication;     // vault/replication.hpp: what goes to them and comes from them
  friend class Proofs;          // vault/proofs.hpp: what is shown to others
  friend class Anchors;         // vault/anchors.hpp: what others say of the time
  friend class Witnessing;      // vault/witnessing.hpp: who vouches for whose logs
  friend class Cosigner;        // vault/cosigner.hpp
  friend class HeldAccessLogs;  // vault/held_access_logs.hpp
  struct State;
  void unlock(DeviceKeys keys, const std::string& how, UnlockEntry entry, Activity& activity);
  // Calls `change` with the newest keyring and what `current` opens of it, under the lock, and
  // saves. `act` is what the access log says of it.
  void edit_keyring(const Credential& current, const AccessSubject& act,
                    const std::function<void(Keyring&, const UnlockedKeyring&)>& change,
                    const Activity& activity);
  [[nodiscard]] std::unique_ptr<Reader> open_reader(const SnapshotInfo& snapshot, ReaderUse use,
                                                    std::shared_ptr<AccessPermit> permit,
                                                    Activity& activity);
  [[nodiscard]] SnapshotInfo find_snapshot(const SnapshotName& name);
  explicit Vault(std::unique_ptr<State> state);
  std::unique_ptr<State> x_state;
};

}  // namespace muniment
