#include "vault/consortium/replay.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

Replay::Replay(const ConsortiumId& id, std::span<const Ledger* const> ledgers,
               std::span<const CharterRef> adopted)
    : x_adopted(adopted.begin(), adopted.end()) {
  x_result.x_id = id;
  std::vector<const Ledger*> sorted(ledgers.begin(), ledgers.end());
  std::ranges::sort(sorted, {}, [](const Ledger* ledger) { return ledger->name().id(); });
  for (const Ledger* ledger : sorted) {
    if (ledger->name().consortium == id) {
      read(*ledger);
    } else {
      refuse({ledger, 0, Act::unknown}, Refusal::other_consortium);
    }
  }
}

Consortium Replay::finish() && {
  build_charters();
  certify_devices();
  revoke_devices();
  accept_recoveries();
  note_recovered();
  note_forks();
  note_journeys();
  begin_collections();
  begin_epochs();
  mark_disputed_epochs();
  approve_grants();
  keep_rewrapped();
  std::ranges::sort(x_result.x_refused, {}, [](const RefusedEntry& refused) {
    return std::pair(refused.ledger, refused.index);
  });
  return std::move(x_result);
}

void Replay::read(const Ledger& ledger) {
  const bool built_in = ledger.name().collection == consortium_collection;
  for (std::uint64_t index = 0; index < ledger.size(); ++index) {
    const std::string text = ledger.entry(index);
    const Place place{&ledger, index, act_of(text)};
    const bool for_built_in = place.act == Act::charter || place.act == Act::device ||
                              place.act == Act::recovery || place.act == Act::revoke ||
                              place.act == Act::recovered || place.act == Act::fork ||
                              place.act == Act::travel || place.act == Act::returned;
    if (for_built_in && !built_in) {
      refuse(place, Refusal::wrong_ledger);
      continue;
    }
    switch (place.act) {
      case Act::charter:
        keep(x_charters, decode_charter_entry(text), place);
        break;
      case Act::device:
        keep(x_certificates, decode_device_entry(text), place);
        break;
      case Act::recovery:
        keep(x_recoveries, decode_recovery_entry(text), place);
        break;
      case Act::revoke:
        keep(x_revocations, decode_revocation_entry(text), place);
        break;
      case Act::recovered:
        keep(x_recovered, decode_recovered_entry(text), place);
        break;
      case Act::fork:
        keep(x_forks, decode_fork_entry(text), place);
        break;
      case Act::travel:
        keep(x_journeys, decode_travel_entry(text), place);
        break;
      case Act::returned:
        keep(x_returns, decode_returned_entry(text), place);
        break;
      case Act::rewrap:
        keep(x_rewraps, decode_rewrap_entry(text), place);
        break;
      case Act::collection:
        keep(x_collections, decode_collection_entry(text), place);
        break;
      case Act::epoch:
        keep(x_epochs, decode_epoch_entry(text), place);
        break;
      case Act::grant:
        keep(x_grants, decode_grant_entry(text), place);
        break;
      case Act::packs:
      case Act::snapshot:
        break;  // vault/snapshot's
      case Act::unknown:
        ++x_result.x_unknown_acts;
        break;
    }
  }
}

template <class Entry>
void Replay::keep(std::vector<Found<Entry>>& list, std::optional<Entry> entry, const Place& place) {
  if (entry) {
    list.push_back({std::move(*entry), place});
  } else {
    refuse(place, Refusal::malformed);
  }
}

void Replay::build_charters() {
  auto& chain = x_result.x_charters;
  while (true) {
    std::vector<const CharterEntry*> next = next_charters();
    if (next.empty()) break;
    const std::string previous = chain.empty() ? std::string() : chain.back().text;
    const bool was_adopted = chain.size() < x_adopted.size();
    if (was_adopted) {
      const Sha256Digest& digest = x_adopted[chain.size()].digest;
      const auto known = std::ranges::find_if(
          next, [&](const CharterEntry* entry) { return sha256(as_bytes(entry->text)) == digest; });
      if (known == next.end()) break;
      std::iter_swap(next.begin(), known);
    }
    if (next.size() > 1) note_fork(previous, next, was_adopted);
    if (next.size() > 1 && !was_adopted) break;
    chain.push_back({*decode_charter(next.front()->text), next.front()->text});
    x_refs.push_back(chain.back().ref());
  }
  if (chain.size() < x_adopted.size()) x_result.x_missing_charter = x_adopted[chain.size()];
  if (chain.empty()) {
    throw Error(ErrorCode::damaged,
                "consortium " + x_result.x_id.hex() + ": no valid charter number 1");
  }
  for (const auto& found : x_charters) judge_charter(found);
}

std::vector<const CharterEntry*> Replay::next_charters() const {
  const auto& chain = x_result.x_charters;
  std::vector<const CharterEntry*> next;
  for (const auto& found : x_charters) {
    const CharterEntry& entry = found.entry;
    const auto is_same = [&](const CharterEntry* known) { return known->text == entry.text; };
    if (std::ranges::any_of(next, is_same)) continue;
    const auto refusal = chain.empty() ? check_first_charter(x_result.x_id, entry)
                                       : check_next_charter(chain.back(), entry);
    if (!refusal) next.push_back(&entry);
  }
  std::ranges::sort(next, {},
                    [](const CharterEntry* entry) -> const std::string& { return entry->text; });
  return next;
}

// The first of the entries is the one in force, if one is.
void Replay::note_fork(const std::string& previous, std::span<const CharterEntry* const> entries,
                       bool decided) {
  for (const CharterEntry* other : entries.subspan(1)) {
    x_result.x_charter_forks.push_back({previous, *entries.front(), *other, decided});
  }
}

void Replay::judge_charter(const Found<CharterEntry>& found) {
  const auto& chain = x_result.x_charters;
  const CharterEntry& entry = found.entry;
  if (entry.text == chain.back().text) {
    x_result.x_member_names.push_back({found.place.ledger->name(), entry.sealed});
    return;
  }
  if (std::ranges::find(chain, entry.text, &ApprovedCharter::text) != chain.end()) return;
  // It is in force nowhere. If it could have followed a charter of the chain, there are two of one
  // number.
  std::optional<Refusal> refusal = check_next_charter(chain.back(), entry);
  for (const ApprovedCharter& before : chain) {
    if (!check_next_charter(before, entry)) refusal = Refusal::charter_forked;
  }
  refuse_if(found.place, refusal);
}

void Replay::certify_devices() {
  for (const auto& found : x_certificates) refuse_if(found.place, certify(found));
}

std::optional<Refusal> Replay::certify(const Found<DeviceEntry>& found) {
  const auto& entry = found.entry;
  const Place& place = found.place;
  const auto certificate = decode_certificate(entry.text);
  if (!certificate) return Refusal::malformed;
  if (certificate->consortium != x_result.x_id) return Refusal::other_consortium;
  // Only the device's own ledger counts: the device has to agree to whose it is.
  const LedgerName& ledger = place.ledger->name();
  if (certificate->keys.id() != ledger.device) return Refusal::wrong_ledger;
  // Nor can it go over to another member later: what is known of it, first of all that it was
  // revoked, is the business of the first.
  const auto known = x_result.x_devices.find(ledger.device);
  if (known != x_result.x_devices.end() &&
      known->second.certificate.member != certificate->member) {
    return Refusal::key_of_two_members;
  }
  const ApprovedBy approved =
      find_charter(certificate->member, approval_namespace::device, entry.text, entry.approval);
  if (approved.charter == nullptr) return approved.refusal;
  const bool departed =
      standing_of(place, certificate->member, approved.charter->number) != Standing::counts;
  if (departed && known != x_result.x_devices.end() && !known->second.departed) {
    return Refusal::member_departed;
  }
  x_result.x_devices[ledger.device] = {
      *certificate, {ledger, entry.sealed}, std::nullopt, departed};
  return std::nullopt;
}

void Replay::accept_recoveries() {
  for (const auto& found : x_recoveries) refuse_if(found.place, accept(found));
}

std::optional<Refusal> Replay::accept(const Found<RecoveryEntry>& found) {
  const RecoveryEntry& entry = found.entry;
  const auto recipient = decode_recovery_recipient(entry.text);
  if (!recipient) return Refusal::malformed;
  if (recipient->consortium != x_result.x_id) return Refusal::other_consortium;
  const Device* writer = writer_of(found.place);
  if (writer == nullptr) return Refusal::unknown_device;
  if (writer->certificate.member != recipient->member) return Refusal::wrong_ledger;
  const ApprovedBy approved =
      find_charter(recipient->member, approval_namespace::recovery, entry.text, entry.approval);
  if (approved.charter == nullptr) return approved.refusal;
  if (standing_of(found.place) != Standing::counts) return Refusal::device_revoked;
  if (standing_of(found.place, recipient->member, approved.charter->number) != Standing::counts) {
    return Refusal::member_departed;
  }
  const auto [known, is_new] = x_result.x_recoveries.emplace(recipient->member, *recipient);
  const auto age = [](const RecoveryRecipient& value) {
    return std::pair(value.created, value.key);
  };
  if (is_new || age(*recipient) > age(known->second)) {
    known->second = *recipient;
    x_result.x_sealed_authorities[recipient->member] = entry.authority;
  }
  return std::nullopt;
}

void Replay::note_recovered() {
  for (const auto& found : x_recovered) refuse_if(found.place, note(found));
}

std::optional<Refusal> Replay::note(const Found<RecoveredEntry>& found) {
  const RecoveredEntry& entry = found.entry;
  const Device* writer = writer_of(found.place);
  if (writer == nullptr) return Refusal::unknown_device;
  if (standing_of(found.place) != Standing::counts) return Refusal::device_revoked;
  if (entry.consortium != x_result.x_id) return Refusal::other_consortium;
  if (entry.device != found.place.ledger->name().device) return Refusal::wrong_ledger;
  if (writer->certificate.member != entry.member) return Refusal::unknown_member;
  x_result.x_recovered.push_back(entry);
  return std::nullopt;
}

void Replay::note_forks() {
  for (const auto& found : x_forks) refuse_if(found.place, note(found.entry));
}

// Whoever says it: it is proved or it is not.
std::optional<Refusal> Replay::note(const ForkEntry& entry) {
  if (entry.fork.name.consortium != x_result.x_id) return Refusal::other_consortium;
  if (!is_proof(entry)) return Refusal::proves_nothing;
  x_result.x_forks.emplace(entry.fork.name.id(), entry.fork.name);
  return std::nullopt;
}

void Replay::revoke_devices() {
  for (const auto& found : x_revocations) refuse_if(found.place, revoke(found));
}

// Counts also in a ledger that is revoked itself: two who revoke each other at once both succeed,
// whatever the order. A charter that ended its writer's say is not decided by one person.
std::optional<Refusal> Replay::revoke(const Found<RevocationEntry>& found) {
  const auto& entry = found.entry;
  const auto revocation = decode_revocation(entry.text);
  if (!revocation) return Refusal::malformed;
  if (revocation->consortium != x_result.x_id) return Refusal::other_consortium;
  const Charter* charter = charter_named(revocation->charter);
  if (charter == nullptr) return Refusal::unknown_charter;
  const auto device = x_result.x_devices.find(revocation->device);
  if (device == x_result.x_devices.end()) return Refusal::unknown_device;
  const ApprovalRule rule{approval_namespace::revoke, [&](const CharterMember& member) {
                            return member.id == device->second.certificate.member ||
                                   member.roles.has(Role::custodian);
                          }};
  if (const auto refusal = check_approvals(*charter, rule, entry.text, {&entry.approval, 1})) {
    return refusal;
  }
  const Device* writer = writer_of(found.place);
  if (writer == nullptr) return Refusal::unknown_device;
  if (writer->certificate.member != entry.approval.member) return Refusal::wrong_ledger;
  if (standing_of(found.place, entry.approval.member, charter->number) != Standing::counts) {
    return Refusal::member_departed;
  }
  auto& accepted = device->second.revoked;
  if (!accepted) {
    accepted = revocation->accepted;
    return std::nullopt;
  }
  // The strictest of several holds.
  std::erase_if(*accepted,
                [&](const auto& known) { return !revocation->accepted.contains(known.first); });
  for (auto& [ledger, size] : *accepted) {
    size = std::min(size, revocation->accepted.at(ledger));
  }
  return std::nullopt;
}

Replay::ApprovedBy Replay::find_charter(const MemberId& member, std::string_view name_space,
                                        std::string_view text, const Approval& approval) const {
  const ApprovalRule rule = approval_of(member, name_space);
  ApprovedBy result;
  bool is_listed = false;
  const auto& chain = x_result.x_charters;
  for (auto known = chain.rbegin(); known != chain.rend(); ++known) {
    if (known->charter.find(member) == nullptr) continue;
    const auto refusal = check_approvals(known->charter, rule, text, {&approval, 1});
    if (!refusal) return {&known->charter, {}};
    if (!is_listed) result.refusal = *refusal;
    is_listed = true;
  }
  return result;
}

const Charter* Replay::charter_named(const CharterRef& ref) const {
  const auto found = std::ranges::find(x_refs, ref);
  return found == x_refs.end()
             ? nullptr
             : &x_result.x_charters[static_cast<std::size_t>(found - x_refs.begin())].charter;
}

void Replay::refuse(const Place& place, Refusal refusal) {
  x_result.x_refused.push_back({place.ledger->name().id(), place.index, place.act, refusal});
}

void Replay::refuse_if(const Place& place, std::optional<Refusal> refusal) {
  if (refusal) refuse(place, *refusal);
}

}  // namespace muniment
