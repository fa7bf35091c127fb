// What the ledgers of a consortium say, taken together: members, devices, collections, epochs and
// grants. Derived from verified ledgers only, and the same for everyone who has the same ledgers,
// in whatever order they came. Needs no key; names stay sealed (keys.hpp).
#pragma once

#include <set>

#include "vault/consortium/certificate.hpp"
#include "vault/consortium/collection.hpp"
#include "vault/consortium/epoch.hpp"
#include "vault/consortium/grant.hpp"
#include "vault/consortium/revocation.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/ledger/ledger.hpp"

namespace muniment {

// A sealed part and where it stands, without which it does not open.
struct SealedPart {
  LedgerName ledger;
  Bytes sealed;
};

// A device's own word on the collections that it travels without.
struct Journey {
  UnixSeconds until = 0;
  std::set<CollectionId> without;
  std::optional<UnixSeconds> returned;  // set once it is over

  friend bool operator==(const Journey&, const Journey&) = default;
};

struct Device {
  Certificate certificate;  // the newest: a reading key may be replaced
  SealedPart name;          // to the built-in collection's readers
  // Set once it is revoked: how much of each of its ledgers still counts.
  std::optional<LedgerSizes> revoked;
  // Its certificate rests on what a later charter ended: it is known, and never active.
  bool departed = false;
  std::optional<Journey> journey{};  // the last one
};

// What an entry is good for once its device was revoked, or its member lost what the entry rests
// on (FORMAT.md §10). All but the first open what was sealed and give no rights. The worst last.
enum class Standing : std::uint8_t {
  counts,
  unstated,  // nobody says up to where its ledger counts
  beyond,    // its ledger counts up to where it stands, and no further
};

struct Epoch {
  std::uint32_t number = 0;
  EpochCommitment commitment;
  EpochPublicKey public_key;
  // Another entry gives the same commitment another number or public key: one of the two is a lie,
  // and nothing is sealed to either.
  bool disputed = false;
  bool past = false;  // nothing is sealed to it
};

// A grant that was approved as the charter wants it.
struct ApprovedGrant {
  Grant grant;
  Bytes envelope;
  Bytes label;
  LedgerId ledger;  // where it stands
  std::uint64_t index = 0;
  MemberId by;  // whose device wrote it
  Standing standing = Standing::counts;
};

struct Collection {
  // A CollectionRecord in its creator's ledger. None for the built-in collection, and where that
  // ledger is not at hand.
  std::optional<SealedPart> record;
  // The same in later epochs' entries, sealed to these; those of past epochs last.
  std::vector<SealedPart> restated;
  std::vector<Epoch> epochs;          // by number, then by commitment
  std::vector<ApprovedGrant> grants;  // by ledger, then by index
  // Keys that a device had already, sealed by itself to a later reading key.
  std::map<DeviceId, std::vector<Bytes>> rewrapped;

  // The last that is not past; of several with one number, any. Null if there is none.
  [[nodiscard]] const Epoch* newest() const noexcept;
};

// Two charters that could each follow the same one: somebody approved both.
struct CharterFork {
  std::string previous;  // the text of the charter that both follow
  CharterEntry one;      // the one in force, if one is
  CharterEntry other;
  bool decided = false;  // `one` is in force here
};

// An entry of a known act that gives no rights, and why.
struct RefusedEntry {
  LedgerId ledger;
  std::uint64_t index = 0;
  Act act = Act::unknown;
  Refusal refusal = Refusal::malformed;
};

class Consortium {
 public:
  // `ledgers` are all of the consortium `id`; each was verified with the log key of its device.
  // Ledgers of devices that nobody certified count for nothing. Error(damaged) if none of them has
  // a valid charter number 1.
  //
  // `adopted` are the charters that were in force here before, from number 1 on: of their numbers
  // no other text is ever in force.
  [[nodiscard]] static Consortium replay(const ConsortiumId& id,
                                         std::span<const Ledger* const> ledgers,
                                         std::span<const CharterRef> adopted = {});

  [[nodiscard]] const ConsortiumId& id() const noexcept { return x_id; }

  // The newest, and all of them from number 1 on.
  [[nodiscard]] const Charter& charter() const noexcept { return x_charters.back().charter; }
  [[nodiscard]] const std::vector<ApprovedCharter>& charters() const noexcept { return x_charters; }
  [[nodiscard]] std::vector<CharterRef> charter_refs() const;
  // By number, then by the other's text.
  [[nodiscard]] const std::vector<CharterFork>& charter_forks() const noexcept {
    return x_charter_forks;
  }
  // The first of the adopted charters that is in no ledger here: what follows is not known.
  [[nodiscard]] const std::optional<CharterRef>& missing_charter() const noexcept {
    return x_missing_charter;
  }
  // The names of the newest charter's members; several entries may carry one charter.
  [[nodiscard]] const std::vector<SealedPart>& member_names() const noexcept {
    return x_member_names;
  }

  [[nodiscard]] const std::map<DeviceId, Device>& devices() const noexcept { return x_devices; }
  [[nodiscard]] const std::map<MemberId, RecoveryRecipient>& recoveries() const noexcept {
    return x_recoveries;
  }
  // The authority key of each member that sealed it to its recovery recipient: an age file.
  [[nodiscard]] const std::map<MemberId, Bytes>& sealed_authorities() const noexcept {
    return x_sealed_authorities;
  }
  // In ledger order.
  [[nodiscard]] const std::vector<RecoveredEntry>& recovered() const noexcept {
    return x_recovered;
  }
  // With the built-in one.
  [[nodiscard]] const std::map<CollectionId, Collection>& collections() const noexcept {
    return x_collections;
  }

  // A device of a present member that was not revoked.
  [[nodiscard]] bool is_active(const DeviceId& device) const noexcept;

  // Whether the device travels without the collection: it is given no key of it meanwhile.
  [[nodiscard]] bool is_left_behind(const CollectionId& collection,
                                    const DeviceId& device) const noexcept;

  // The epoch to seal to: not past, of the highest number, not disputed, and read by nobody who was
  // revoked or left. Error(denied) if there is none: a custodian has to begin another.
  [[nodiscard]] const Epoch& sealing_epoch(const CollectionId& collection) const;

  // Ledgers of which their device signed two histories, by a proof that stands in some ledger:
  // frozen, so nothing more is taken of them.
  [[nodiscard]] const std::map<LedgerId, LedgerName>& forks() const noexcept { return x_forks; }

  // In ledger order. A partner who writes such entries is broken or hostile.
  [[nodiscard]] const std::vector<RefusedEntry>& refused() const noexcept { return x_refused; }
  // Entries of acts that this version does not know.
  [[nodiscard]] std::uint64_t unknown_acts() const noexcept { return x_unknown_acts; }

 private:
  friend class Replay;
  Consortium() = default;

  ConsortiumId x_id;
  std::vector<ApprovedCharter> x_charters;
  std::vector<CharterFork> x_charter_forks;
  std::optional<CharterRef> x_missing_charter;
  std::vector<SealedPart> x_member_names;
  std::map<DeviceId, Device> x_devices;
  std::map<MemberId, RecoveryRecipient> x_recoveries;
  std::map<MemberId, Bytes> x_sealed_authorities;
  std::vector<RecoveredEntry> x_recovered;
  std::map<CollectionId, Collection> x_collections;
  std::map<LedgerId, LedgerName> x_forks;
  std::vector<RefusedEntry> x_refused;
  std::uint64_t x_unknown_acts = 0;
};

}  // namespace muniment
