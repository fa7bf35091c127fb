// The second half of a replay: what devices say of collections, once it is known which devices
// there are and how much of their ledgers counts.
#include <algorithm>
#include <tuple>

#include "vault/consortium/replay.hpp"

namespace muniment {

namespace {

std::optional<Refusal> check_epoch(const Collection& collection, const Grant& grant) {
  bool is_known = false;
  for (const Epoch& epoch : collection.epochs) {
    if (epoch.commitment != grant.commitment || epoch.number != grant.epoch) continue;
    if (epoch_key_digest(epoch.public_key) == grant.epoch_key) return std::nullopt;
    is_known = true;
  }
  return is_known ? Refusal::epoch_key_mismatch : Refusal::unknown_epoch;
}

}  // namespace

void Replay::begin_collections() {
  x_result.x_collections[consortium_collection];
  for (const auto& found : x_collections) refuse_if(found.place, begin(found));
}

std::optional<Refusal> Replay::begin(const Found<CollectionEntry>& found) {
  const auto& [entry, place] = found;
  if (const auto refusal = check_place(place)) return refusal;
  const LedgerName& ledger = place.ledger->name();
  if (entry.collection != ledger.collection) return Refusal::wrong_ledger;
  if (entry.collection != collection_id(x_result.x_id, ledger.device, entry.nonce)) {
    return Refusal::wrong_id;
  }
  x_result.x_collections[entry.collection].record = {ledger, entry.sealed};
  return std::nullopt;
}

void Replay::begin_epochs() {
  drop_skipping_epochs();
  std::erase_if(x_epochs, [this](const Found<EpochEntry>& found) {
    const auto refusal = begin(found);
    refuse_if(found.place, refusal);
    return refusal.has_value();
  });
}

// A number counts as reached whatever else is wrong with its entry, so that no revocation takes
// away the numbers below those of others.
void Replay::drop_skipping_epochs() {
  std::vector<const Found<EpochEntry>*> sorted;
  for (const auto& found : x_epochs) {
    const LedgerName& ledger = found.place.ledger->name();
    const bool counts =
        x_result.x_devices.contains(ledger.device) && found.entry.collection == ledger.collection;
    if (counts) sorted.push_back(&found);
  }
  std::ranges::sort(sorted, {}, [](const auto* found) { return found->entry.number; });
  std::map<CollectionId, std::uint64_t> reached;
  for (const auto* found : sorted) {
    std::uint64_t& highest = reached[found->entry.collection];
    if (found->entry.number <= highest + epoch_gap_max) highest = found->entry.number;
  }
  std::erase_if(x_epochs, [&](const Found<EpochEntry>& found) {
    const auto highest = reached.find(found.entry.collection);
    const bool skips = highest != reached.end() && found.entry.number > highest->second;
    if (skips) refuse(found.place, Refusal::epoch_skipped);
    return skips;
  });
}

// Whether a device may begin the collection's first epoch: its creator, or a founder.
bool Replay::may_begin_first(const LedgerName& ledger, const MemberId& member) const {
  if (ledger.collection == consortium_collection) {
    return x_result.x_charters.front().charter.find(member) != nullptr;
  }
  const auto known = x_result.x_collections.find(ledger.collection);
  return known == x_result.x_collections.end() || !known->second.record ||
         known->second.record->ledger == ledger;
}

std::optional<Refusal> Replay::begin(const Found<EpochEntry>& found) {
  const auto& [entry, place] = found;
  if (const auto refusal = check_place(place)) return refusal;
  const LedgerName& ledger = place.ledger->name();
  if (entry.collection != ledger.collection) return Refusal::wrong_ledger;
  const MemberId& member = x_result.x_devices.at(ledger.device).certificate.member;
  if (!charter_of(member)->find(member)->roles.has(Role::custodian)) return Refusal::not_custodian;
  if (entry.number == 1 && !may_begin_first(ledger, member)) return Refusal::wrong_ledger;
  const Epoch epoch{entry.number, entry.commitment, entry.public_key};
  Collection& collection = x_result.x_collections[entry.collection];
  if (!entry.sealed.empty()) collection.restated.push_back({ledger, entry.sealed});
  auto& epochs = collection.epochs;
  const auto order = [](const Epoch& value) {
    return std::tie(value.number, value.commitment, value.public_key);
  };
  const auto at = std::ranges::lower_bound(epochs, order(epoch), {}, order);
  if (at == epochs.end() || order(*at) != order(epoch)) epochs.insert(at, epoch);
  return std::nullopt;
}

void Replay::mark_disputed_epochs() {
  for (auto& [id, collection] : x_result.x_collections) {
    for (Epoch& epoch : collection.epochs) {
      epoch.disputed =
          std::ranges::count(collection.epochs, epoch.commitment, &Epoch::commitment) > 1;
    }
  }
  for (const auto& [entry, place] : x_epochs) {
    const auto& epochs = x_result.x_collections.at(entry.collection).epochs;
    const auto known = std::ranges::find(epochs, entry.commitment, &Epoch::commitment);
    if (known->disputed) refuse(place, Refusal::epoch_disputed);
  }
}

void Replay::approve_grants() {
  for (const auto& found : x_grants) refuse_if(found.place, approve(found));
}

std::optional<Refusal> Replay::approve(const Found<GrantEntry>& found) {
  const auto& [entry, place] = found;
  if (const auto refusal = check_place(place)) return refusal;
  const auto grant = decode_grant(entry.text);
  if (!grant) return Refusal::malformed;
  const LedgerName& ledger = place.ledger->name();
  if (grant->consortium != x_result.x_id || grant->collection != ledger.collection) {
    return Refusal::other_consortium;
  }
  const Charter* charter = charter_number(grant->charter);
  if (charter == nullptr) return Refusal::unknown_charter;
  const ApprovalRule rule{
      approval_namespace::grant,
      [](const CharterMember& member) { return member.roles.has(Role::custodian); },
      charter->thresholds.grant};
  if (const auto refusal = check_approvals(*charter, rule, entry.text, entry.approvals)) {
    return refusal;
  }
  // So that the revocation of a custodian's devices ends what its key can grant.
  const MemberId& writer = x_result.x_devices.at(ledger.device).certificate.member;
  const auto own = std::ranges::find(entry.approvals, writer, &Approval::member);
  if (own == entry.approvals.end()) return Refusal::not_custodian;
  const auto envelope =
      entry.envelope.empty() ? std::nullopt : std::optional(EnvelopeRef::of(entry.envelope));
  if (grant->envelope != envelope) return Refusal::envelope_mismatch;
  Collection& collection = x_result.x_collections[grant->collection];
  if (const auto refusal = check_epoch(collection, *grant)) return refusal;
  collection.grants.push_back({*grant, entry.envelope, ledger.id(), place.index});
  return std::nullopt;
}

std::optional<Refusal> Replay::check_place(const Place& place) const {
  const LedgerName& ledger = place.ledger->name();
  const auto device = x_result.x_devices.find(ledger.device);
  if (device == x_result.x_devices.end()) return Refusal::unknown_device;
  const auto& revoked = device->second.revoked;
  if (!revoked) return std::nullopt;
  const auto accepted = revoked->find(ledger.id());
  const std::uint64_t size = accepted == revoked->end() ? 0 : accepted->second;
  if (place.index >= size) return Refusal::device_revoked;
  return std::nullopt;
}

}  // namespace muniment
