// The charter: who the members are, with which keys and roles, and how many of them decide. Each
// follows from the one before it by the approvals of both sets of members (DESIGN §5).
#pragma once

#include <array>
#include <functional>
#include <map>

#include "vault/consortium/approval.hpp"
#include "vault/consortium/names.hpp"

namespace muniment {

// In the order in which they are printed.
enum class Role : std::uint8_t { custodian, contributor, reader, auditor, witness, trustee };

inline constexpr std::array role_names{"custodian", "contributor", "reader",
                                       "auditor",   "witness",     "trustee"};

class Roles {
 public:
  constexpr Roles() = default;
  [[nodiscard]] static constexpr Roles all() noexcept {
    Roles roles;
    for (std::size_t i = 0; i < role_names.size(); ++i) roles.add(static_cast<Role>(i));
    return roles;
  }

  constexpr Roles& add(Role role) noexcept {
    x_bits = static_cast<std::uint8_t>(x_bits | 1U << static_cast<unsigned>(role));
    return *this;
  }
  [[nodiscard]] constexpr bool has(Role role) const noexcept {
    return (x_bits >> static_cast<unsigned>(role) & 1U) != 0;
  }

  friend bool operator==(const Roles&, const Roles&) = default;

 private:
  std::uint8_t x_bits = 0;
};

inline constexpr std::size_t charter_members_max = 64;
inline constexpr std::size_t member_keys_max = 4;

struct CharterMember {
  MemberId id;
  Roles roles;
  Sha256Digest name_digest;
  // One of them is enough to approve, and two of them are still one member. Ascending by their text
  // (encode_authorized_key).
  std::vector<SshPublicKey> keys;

  friend bool operator==(const CharterMember&, const CharterMember&) = default;
};

// All count members.
struct Thresholds {
  std::uint32_t charter = 1;  // to change the charter: more than half of all
  std::uint32_t grant = 1;    // to grant: of the custodians
  std::uint32_t witness = 1;  // to call a checkpoint witnessed: more than half of the witnesses

  friend bool operator==(const Thresholds&, const Thresholds&) = default;
};

// How much of each ledger counts; what is not in it is not known.
using LedgerSizes = std::map<LedgerId, std::uint64_t>;

inline constexpr std::size_t departed_ledgers_max = 256;

struct Charter {
  std::uint32_t number = 1;
  Sha256Digest previous;  // of the text before it; zeros for number 1
  UnixSeconds created = 0;
  UnixSeconds expires = 0;  // after `created`
  Thresholds thresholds;
  std::vector<CharterMember> members;  // ascending ids
  // Members of the charter before who lose their place, the role of custodian or a key, and up to
  // where their devices' ledgers count for what rests on earlier charters (FORMAT.md §10).
  std::map<MemberId, LedgerSizes> departed;

  [[nodiscard]] const CharterMember* find(const MemberId& member) const noexcept;
  // How many members have the role.
  [[nodiscard]] std::size_t count(Role role) const noexcept;

  friend bool operator==(const Charter&, const Charter&) = default;
};

[[nodiscard]] std::string encode(const Charter& charter);
[[nodiscard]] std::optional<Charter> decode_charter(std::string_view text);

// SHA-256 of the text of charter number 1.
[[nodiscard]] ConsortiumId consortium_id(std::string_view first_charter_text);

// What a charter must be whoever approves it: thresholds that mean something, no key twice.
[[nodiscard]] std::optional<Refusal> check(const Charter& charter);

// A charter as a ledger of the built-in collection has it.
struct CharterEntry {
  std::string text;  // encodes a Charter; what was approved
  std::vector<Approval> approvals;
  Bytes sealed;  // CharterNames

  friend bool operator==(const CharterEntry&, const CharterEntry&) = default;
};

[[nodiscard]] std::string encode(const CharterEntry& entry);
[[nodiscard]] std::optional<CharterEntry> decode_charter_entry(std::string_view entry);

// The names of a charter's members: the sealed part of its entry.
using CharterNames = std::map<MemberId, SaltedName>;

[[nodiscard]] std::string encode(const CharterNames& names);
[[nodiscard]] std::optional<CharterNames> decode_charter_names(std::string_view text);

// A charter in force, and the very text that was approved.
struct ApprovedCharter {
  Charter charter;
  std::string text;

  [[nodiscard]] CharterRef ref() const;
};

// Whom of `before` the charter `after` has to list as departed.
[[nodiscard]] std::vector<MemberId> departing(const Charter& before, const Charter& after);

// How many approvals of `entry` are by members of either charter, with the keys that it lists.
struct ApprovalCounts {
  std::size_t before = 0;
  std::size_t after = 0;
};
[[nodiscard]] ApprovalCounts count_approvals(const Charter& before, const Charter& after,
                                             const CharterEntry& entry);

// That `entry` founds the consortium: number 1, the right id, its own threshold of its own members.
[[nodiscard]] std::optional<Refusal> check_first_charter(const ConsortiumId& consortium,
                                                         const CharterEntry& entry);

// That `entry` follows `current`: the next number, linked to it, made before it expired, with all
// who depart, approved by the thresholds of both.
[[nodiscard]] std::optional<Refusal> check_next_charter(const ApprovedCharter& current,
                                                        const CharterEntry& entry);

// Who approves what, and how many of them it takes.
struct ApprovalRule {
  std::string_view name_space;
  std::function<bool(const CharterMember&)> may_approve;
  std::size_t needed = 1;
};

// By this member alone.
[[nodiscard]] ApprovalRule approval_of(const MemberId& member, std::string_view name_space);
// Of grants: by as many custodians as the charter wants.
[[nodiscard]] ApprovalRule approval_of_custodians(const Charter& charter);

// That enough of those who may, by `charter`, approved `text`, and that every approval is one of
// theirs and verifies.
[[nodiscard]] std::optional<Refusal> check_approvals(const Charter& charter,
                                                     const ApprovalRule& rule,
                                                     std::string_view text,
                                                     std::span<const Approval> approvals);

}  // namespace muniment
