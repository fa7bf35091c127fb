// What a vault has to do with other members: charters, grants, revocations, and the texts by which
// all of it travels where there is no network. A second half of the facade.
#pragma once

#include <map>
#include <set>

#include "vault/consortium/fork.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/exchange.hpp"
#include "vault/vault.hpp"

namespace muniment {

// How the next charter differs from the one in force.
struct CharterChange {
  std::vector<Card> add;
  Roles added_roles;                                      // of those
  std::vector<std::string> remove;                        // members' names
  std::map<std::string, Roles> roles;                     // new ones, by member's name
  std::map<std::string, std::vector<SshPublicKey>> keys;  // in place of a member's, by its name
  std::optional<std::uint32_t> charter_threshold;
  std::optional<std::uint32_t> grant_threshold;
  std::optional<UnixSeconds> expires;
};

struct MemberInfo {
  MemberId id;
  std::string name;  // hexadecimal id where it cannot be read
  Roles roles;
  std::vector<std::string> keys;  // as in authorized_keys
};

struct CharterInfo {
  ConsortiumId consortium;
  std::uint32_t number = 0;
  UnixSeconds created = 0;
  UnixSeconds expires = 0;
  Thresholds thresholds;
  std::vector<MemberInfo> members;
  // Of a proposal: who approved, and why it is not in force yet; empty if nothing is missing.
  std::vector<std::string> approved_by;
  std::string missing;
  bool in_force = false;  // the proposal is, here
};

// One of several charters of one number that were all approved: of which none is in force here, or
// the newest that is.
struct RivalCharter {
  std::uint32_t number = 0;
  Sha256Digest digest;  // of its text
  UnixSeconds created = 0;
  std::vector<std::string> members;
  std::vector<std::string> approved_by;
  bool in_force = false;
};

struct DeviceInfo {
  DeviceId id;
  std::string name;
  std::string member;
  bool revoked = false;
  bool own = false;
  std::optional<UnixSeconds> travels_until{};
};

struct GrantInfo {
  std::string collection;
  std::string member;
  std::string device;  // empty for the member's recovery words
  Rights rights = Rights::read;
  std::uint32_t first_epoch = 0;  // of what it can read; the present one for other rights
  std::uint32_t last_epoch = 0;   // the newest that was granted
  bool present = false;           // it has the collection's present epoch, and may go on
};

// What was done with texts that were taken in.
struct AcceptReport {
  std::vector<std::string> news;  // a line each
  std::uint64_t entries = 0;      // new ones in ledgers
  // Ledgers that were left as they were, since they are damaged or have two histories: a line each.
  std::vector<std::string> damage;
  std::string reply;  // a text to hand on; empty if there is nothing to tell
  // Of an invitation, to compare by telephone with who made it; else empty.
  std::string fingerprint;
  bool joins = false;  // the vault must be opened again: it belongs to a consortium now
};

struct RevokeReport {
  std::vector<std::string> devices;
  std::vector<std::string> renewed;  // collections with a new epoch
  // Collections that the device keeps what it has of, with the bytes that are stored in them.
  struct Exposed {
    std::string collection;
    std::uint64_t snapshots = 0;
    std::uint64_t bytes = 0;
    std::uint32_t last_epoch = 0;
    bool stored_again = false;  // not every reader who remains has all that was stored so far
  };
  std::vector<Exposed> exposed;
  std::vector<std::string> not_renewed;  // only their custodians can
  // For all partners; empty if there are none. It has what each of them may know.
  std::string text;
  // Members who may know of more collections with a new epoch: each needs text_for() besides.
  std::vector<std::string> not_told_all;
};

// All members need the vault unlocked, and throw Error(denied) naming who can do what this device
// cannot.
class Partners {
 public:
  // The vault must outlive it.
  explicit Partners(Vault& vault) : x_vault(vault) {}

  // The member's card, made by this device.
  [[nodiscard]] std::string card();

  [[nodiscard]] CharterInfo charter();
  // Of the charter that is proposed in `text`, for somebody who is asked to approve it.
  [[nodiscard]] CharterInfo proposal(const std::string& text);
  // A text with the next charter, approved by this member.
  [[nodiscard]] std::string propose(const CharterChange& change, Activity& activity);
  // The text with this member's approval added; `signature` is one that `ssh-keygen -Y sign -n
  // muniment-charter` made, where the key is elsewhere. Error(denied) if another text of this
  // number was approved here, unless this one is meant to take its place: `instead`.
  [[nodiscard]] std::string approve(const std::string& text,
                                    const std::optional<std::string>& signature,
                                    bool instead = false);
  // The number of the charter that `text` proposes, if it is in force here or was.
  [[nodiscard]] std::optional<std::uint32_t> in_force(const std::string& text) const;
  // Empty where only one was approved. The one in force comes first.
  [[nodiscard]] std::vector<RivalCharter> rivals();
  // Puts the one in force here whose digest begins with these hexadecimal digits, at least eight:
  // people agreed on it. It may take the place of the newest. Returns a text for all members.
  // Error(not_found) names those that there are.
  [[nodiscard]] std::string choose(const std::string& digest, Activity& activity);
  // The exact bytes to sign for that approval.
  [[nodiscard]] std::string charter_text(const std::string& text);

  // Takes in what partners sent: their ledgers, charters with enough approvals. Where the vault is
  // its own consortium of one, and empty, an invitation makes it answer, and a welcome makes it
  // join, for which the keyring is opened with `current`.
  [[nodiscard]] AcceptReport accept(std::span<const std::string> texts,
                                    const std::function<Credential()>& current, Activity& activity);

  // Everything that `member` may know: the built-in collection's ledgers, and those of the
  // collections that are granted to its devices.
  [[nodiscard]] std::string text_for(const std::string& member);

  // What everybody may know: the built-in collection's ledgers.
  [[nodiscard]] std::string text_for_all();

  [[nodiscard]] std::vector<DeviceInfo> devices();
  // Of one collection, or of all that this device can read.
  [[nodiscard]] std::vector<GrantInfo> grants(const std::optional<std::string>& collection);
  // Entries that give no rights, and grants that hold other keys than they say: whoever wrote them
  // is broken or lies. A line each.
  [[nodiscard]] std::vector<std::string> audit();

  struct GrantRequest {
    std::string collection;
    std::string member;
    std::string device;  // empty: all of the member's, and its recovery words
    Rights rights = Rights::read;
    bool history = true;
  };
  // Whom it was granted to, a line each; `text` is for them.
  struct GrantReport {
    std::vector<std::string> granted;
    std::string text;
  };
  [[nodiscard]] GrantReport grant(const GrantRequest& request, Activity& activity);

  // Ends a device, or all of a member, at once, and begins new epochs without it. One that was cut
  // off before it came to all epochs is finished by the same call: then no device is new in the
  // report.
  [[nodiscard]] RevokeReport revoke(const std::string& member, const std::string& device,
                                    Activity& activity);

 private:
  [[nodiscard]] Vault::State& state() const;
  [[nodiscard]] std::string member_name(const MemberId& member) const;
  [[nodiscard]] MemberId find_member(const std::string& name) const;
  // The devices of a member that are called so, or all; a prefix of an id of at least four digits
  // does as well. Those that are active, or those that are not any more.
  [[nodiscard]] std::vector<DeviceId> devices_named(const MemberId& member,
                                                    const std::string& device, bool active) const;
  // The active ones. Error(not_found) if there are none.
  [[nodiscard]] std::vector<DeviceId> find_devices(const MemberId& member,
                                                   const std::string& device) const;
  [[nodiscard]] std::string who_can(Role role) const;
  [[nodiscard]] CharterInfo describe(const Charter& charter, const CharterNames& names) const;
  [[nodiscard]] CharterNames names_of_proposal(const Exchange& exchange) const;
  [[nodiscard]] Exchange exchange_of(const std::set<CollectionId>& collections) const;
  // The built-in collection, and those that are granted to the member's devices or recovery words.
  [[nodiscard]] std::set<CollectionId> known_to(const MemberId& member) const;
  // One text for all other members who have a device.
  void tell_all(const std::set<CollectionId>& renewed, RevokeReport& report) const;
  [[nodiscard]] const CollectionKeys& built_in_keys() const;
  [[nodiscard]] Exchange own_consortium_text(const std::string& text) const;

  void note_approved(const Charter& next, const std::string& text, Activity& activity);
  AcceptReport join(const Exchange& exchange, const std::function<Credential()>& current,
                    Activity& activity);
  AcceptReport enter(const Exchange& exchange, const Consortium& theirs, const Credential& current);
  AcceptReport answer(const Exchange& exchange, const Consortium& theirs);
  [[nodiscard]] CharterEntry approve_invitation(const CharterEntry& proposal,
                                                const ApprovedCharter& current) const;
  [[nodiscard]] LedgerCopy first_commit(const LedgerName& name,
                                        const EpochPublicKey& names_key) const;
  bool adopt(std::span<const Exchange> exchanges, std::vector<std::string>& news);
  // The proof that the copy and what this device cosigned as a witness are two histories.
  [[nodiscard]] std::optional<LedgerFork> contradicts_cosigned(
      const LedgerCopy& copy, const VerifyKey<LogPurpose>& log) const;
  // Ledgers of other devices that no copy here has whole any more, from a partner's copy.
  [[nodiscard]] bool put_back(std::span<const Exchange> exchanges, AcceptReport& report);
  void merge(std::span<const Exchange> exchanges, AcceptReport& report);
  // Strikes the senders off the list of those who may know more of this device; false if others are
  // left on it, and nothing may be signed yet.
  bool hear(std::span<const Exchange> exchanges, AcceptReport& report);
  bool merge_and_adopt(std::span<const Exchange> exchanges, AcceptReport& report,
                       Activity& activity);
  void merge_one(const LedgerCopy& copy, const VerifyKey<LogPurpose>& log, AcceptReport& report);
  // Keeps the proof as a file, and nothing more of the ledger is taken. Empty if the keys of its
  // device are not known, neither here nor from `entries`, those of one of the two histories.
  std::optional<ForkEntry> freeze(LedgerFork fork, std::span<const std::string> entries,
                                  AcceptReport& report);
  // And tells it to all partners.
  void keep_fork(LedgerFork fork, std::span<const std::string> entries, AcceptReport& report);
  // Rival charters, and senders who follow another than this vault.
  void note_charters(std::span<const Exchange> exchanges, AcceptReport& report);
  [[nodiscard]] std::vector<std::string> new_epoch(const CollectionId& collection,
                                                   const Excluded& excluded,
                                                   const LedgerSizes& known) const;
  std::vector<CollectionId> renew(const Excluded& excluded, const LedgerSizes& known);
  [[nodiscard]] LedgerSizes sizes_of(const MemberId& member) const;
  bool welcome(std::vector<std::string>& news);
  // Seals a new authority key of this member to its recovery words, too.
  void keep_recoverable(const Charter& before);
  // Of devices that left or came back since.
  void tell_journeys(const std::map<DeviceId, Device>& before,
                     std::vector<std::string>& news) const;

  Vault& x_vault;
};

}  // namespace muniment
