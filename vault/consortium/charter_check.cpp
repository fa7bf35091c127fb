// What a charter has to fulfil, and how one follows another.
#include <algorithm>
#include <set>

#include "vault/consortium/charter.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

// More than half of `count`, and no more than there are; none where there is nobody.
std::optional<Refusal> check_majority(std::uint32_t threshold, std::size_t count) {
  if (threshold > count) return Refusal::threshold_too_high;
  if (count > 0 && 2 * std::size_t{threshold} <= count) return Refusal::threshold_too_low;
  return std::nullopt;
}

// One of the keys that `charter` lists for the member made the approval.
bool is_approved(const Charter& charter, const Approval& approval, std::string_view name_space,
                 std::string_view text) {
  const CharterMember* member = charter.find(approval.member);
  return member != nullptr && std::ranges::any_of(member->keys, [&](const SshPublicKey& key) {
           return ssh_verify(approval.signature, key, name_space, as_bytes(text));
         });
}

bool approves_twice(std::span<const Approval> approvals) {
  return std::ranges::adjacent_find(approvals, {}, &Approval::member) != approvals.end();
}

ApprovalCounts count_approval(const Charter& before, const Charter& after, std::string_view text,
                              const Approval& approval) {
  const auto counts_in = [&](const Charter& charter) -> std::size_t {
    return is_approved(charter, approval, approval_namespace::charter, text) ? 1 : 0;
  };
  return {counts_in(before), counts_in(after)};
}

// That the thresholds of two charters are reached.
std::optional<Refusal> check_both(const Charter& before, const Charter& after,
                                  const CharterEntry& entry) {
  if (approves_twice(entry.approvals)) return Refusal::approved_twice;
  ApprovalCounts counts;
  for (const Approval& approval : entry.approvals) {
    const bool is_member =
        before.find(approval.member) != nullptr || after.find(approval.member) != nullptr;
    if (!is_member) return Refusal::approver_unknown;
    const ApprovalCounts one = count_approval(before, after, entry.text, approval);
    if (one.before + one.after == 0) return Refusal::approval_invalid;
    counts.before += one.before;
    counts.after += one.after;
  }
  if (counts.before < before.thresholds.charter || counts.after < after.thresholds.charter) {
    return Refusal::approvals_too_few;
  }
  return std::nullopt;
}

// That all who depart are named, and nobody who was never there.
std::optional<Refusal> check_departed(const Charter& before, const Charter& after) {
  for (const MemberId& member : departing(before, after)) {
    if (!after.departed.contains(member)) return Refusal::departure_missing;
  }
  for (const auto& [member, sizes] : after.departed) {
    if (before.find(member) == nullptr) return Refusal::unknown_member;
  }
  return std::nullopt;
}

}  // namespace

ApprovalCounts count_approvals(const Charter& before, const Charter& after,
                               const CharterEntry& entry) {
  ApprovalCounts counts;
  for (const Approval& approval : entry.approvals) {
    const ApprovalCounts one = count_approval(before, after, entry.text, approval);
    counts.before += one.before;
    counts.after += one.after;
  }
  return counts;
}

ApprovalRule approval_of(const MemberId& member, std::string_view name_space) {
  return {name_space, [member](const CharterMember& approver) { return approver.id == member; }};
}

ApprovalRule approval_of_custodians(const Charter& charter) {
  return {approval_namespace::grant,
          [](const CharterMember& member) { return member.roles.has(Role::custodian); },
          charter.thresholds.grant};
}

std::vector<MemberId> departing(const Charter& before, const Charter& after) {
  std::vector<MemberId> result;
  for (const CharterMember& member : before.members) {
    const CharterMember* now = after.find(member.id);
    const bool keeps_all =
        now != nullptr && (now->roles.has(Role::custodian) || !member.roles.has(Role::custodian)) &&
        std::ranges::all_of(member.keys, [&](const SshPublicKey& key) {
          return std::ranges::find(now->keys, key) != now->keys.end();
        });
    if (!keeps_all) result.push_back(member.id);
  }
  return result;
}

std::optional<Refusal> check(const Charter& charter) {
  std::set<SshPublicKey> keys;
  for (const CharterMember& member : charter.members) {
    for (const SshPublicKey& key : member.keys) {
      if (!keys.insert(key).second) return Refusal::key_of_two_members;
    }
  }
  const Thresholds& thresholds = charter.thresholds;
  if (thresholds.grant == 0) return Refusal::threshold_too_low;
  if (thresholds.grant > charter.count(Role::custodian)) return Refusal::threshold_too_high;
  const auto refusal = check_majority(thresholds.charter, charter.members.size());
  return refusal ? refusal : check_majority(thresholds.witness, charter.count(Role::witness));
}

std::optional<Refusal> check_first_charter(const ConsortiumId& consortium,
                                           const CharterEntry& entry) {
  const auto charter = decode_charter(entry.text);
  if (!charter) return Refusal::malformed;
  if (charter->number != 1) return Refusal::charter_skipped;
  if (consortium_id(entry.text) != consortium) return Refusal::other_consortium;
  if (const auto refusal = check(*charter)) return refusal;
  if (!charter->departed.empty()) return Refusal::unknown_member;
  return check_both(*charter, *charter, entry);
}

std::optional<Refusal> check_next_charter(const ApprovedCharter& current,
                                          const CharterEntry& entry) {
  const auto charter = decode_charter(entry.text);
  if (!charter) return Refusal::malformed;
  if (charter->number <= current.charter.number) return Refusal::charter_replayed;
  if (charter->number > current.charter.number + 1) return Refusal::charter_skipped;
  if (charter->previous != sha256(as_bytes(current.text))) return Refusal::charter_not_linked;
  if (charter->created > current.charter.expires) return Refusal::charter_expired;
  if (const auto refusal = check(*charter)) return refusal;
  if (const auto refusal = check_departed(current.charter, *charter)) return refusal;
  return check_both(current.charter, *charter, entry);
}

std::optional<Refusal> check_approvals(const Charter& charter, const ApprovalRule& rule,
                                       std::string_view text, std::span<const Approval> approvals) {
  if (approves_twice(approvals)) return Refusal::approved_twice;
  for (const Approval& approval : approvals) {
    const CharterMember* member = charter.find(approval.member);
    if (member == nullptr || !rule.may_approve(*member)) return Refusal::approver_unknown;
    if (!is_approved(charter, approval, rule.name_space, text)) return Refusal::approval_invalid;
  }
  if (approvals.size() < rule.needed) return Refusal::approvals_too_few;
  return std::nullopt;
}

}  // namespace muniment
