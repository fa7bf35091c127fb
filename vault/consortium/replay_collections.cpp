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
  const CollectionEntry& entry = found.entry;
  if (writer_of(found.place) == nullptr) return Refusal::unknown_device;
  const LedgerName& ledger = found.place.ledger->name();
  if (entry.collection != ledger.collection) return Refusal::wrong_ledger;
  if (entry.collection != collection_id(x_result.x_id, ledger.device, entry.nonce)) {
    return Refusal::wrong_id;
  }
  x_result.x_collections[entry.collection].record = {ledger, entry.sealed};
  return std::nullopt;
}

void Replay::begin_epochs() {
  drop_skipping_epochs();
  std::erase_if(x_epochs, [this](Found<EpochEntry>& found) {
    const auto refusal = begin(found);
    refuse_if(found.place, refusal);
    return refusal.has_value();
  });
  restate_records();
}

void Replay::restate_records() {
  for (const bool past : {false, true}) {
    for (const auto& found : x_epochs) {
      if (found.entry.sealed.empty() || (found.standing != Standing::counts) != past) continue;
      x_result.x_collections[found.entry.collection].restated.push_back(
          {found.place.ledger->name(), found.entry.sealed});
    }
  }
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

std::optional<Refusal> Replay::begin(Found<EpochEntry>& found) {
  const EpochEntry& entry = found.entry;
  const Device* writer = writer_of(found.place);
  if (writer == nullptr) return Refusal::unknown_device;
  const LedgerName& ledger = found.place.ledger->name();
  if (entry.collection != ledger.collection) return Refusal::wrong_ledger;
  const Charter* charter = charter_named(entry.charter);
  if (charter == nullptr) return Refusal::unknown_charter;
  const MemberId& member = writer->certificate.member;
  const CharterMember* listed = charter->find(member);
  if (listed == nullptr || !listed->roles.has(Role::custodian)) return Refusal::not_custodian;
  if (entry.number == 1 && !may_begin_first(ledger, member)) return Refusal::wrong_ledger;
  found.standing = judge(found.place, member, charter->number);
  const bool past = found.standing != Standing::counts;
  auto& epochs = x_result.x_collections[entry.collection].epochs;
  const Epoch epoch{entry.number, entry.commitment, entry.public_key, false, past};
  const auto order = [](const Epoch& value) {
    return std::tie(value.number, value.commitment, value.public_key);
  };
  const auto at = std::ranges::lower_bound(epochs, order(epoch), {}, order);
  if (at == epochs.end() || order(*at) != order(epoch)) {
    epochs.insert(at, epoch);
  } else {
    at->past = at->past && past;
  }
  return std::nullopt;
}

// Who lost its say has none in what others are to believe of an epoch either.
void Replay::mark_disputed_epochs() {
  for (auto& [id, collection] : x_result.x_collections) {
    for (Epoch& epoch : collection.epochs) {
      epoch.disputed =
          !epoch.past && std::ranges::count_if(collection.epochs, [&](const Epoch& other) {
                           return !other.past && other.commitment == epoch.commitment;
                         }) > 1;
    }
  }
  for (const auto& found : x_epochs) {
    const auto& epochs = x_result.x_collections.at(found.entry.collection).epochs;
    const bool disputed = std::ranges::any_of(epochs, [&](const Epoch& epoch) {
      return epoch.disputed && epoch.commitment == found.entry.commitment;
    });
    if (disputed && found.standing == Standing::counts) {
      refuse(found.place, Refusal::epoch_disputed);
    }
  }
}

void Replay::approve_grants() {
  for (const auto& found : x_grants) refuse_if(found.place, approve(found));
}

std::optional<Refusal> Replay::approve(const Found<GrantEntry>& found) {
  const auto& entry = found.entry;
  const Device* device = writer_of(found.place);
  if (device == nullptr) return Refusal::unknown_device;
  const auto grant = decode_grant(entry.text);
  if (!grant) return Refusal::malformed;
  const LedgerName& ledger = found.place.ledger->name();
  if (grant->consortium != x_result.x_id || grant->collection != ledger.collection) {
    return Refusal::other_consortium;
  }
  const Charter* charter = charter_named(grant->charter);
  if (charter == nullptr) return Refusal::unknown_charter;
  if (const auto refusal = check_approvals(*charter, approval_of_custodians(*charter), entry.text,
                                           entry.approvals)) {
    return refusal;
  }
  // So that what ends a custodian's say ends what its key can grant.
  const MemberId& writer = device->certificate.member;
  const auto own = std::ranges::find(entry.approvals, writer, &Approval::member);
  if (own == entry.approvals.end()) return Refusal::not_custodian;
  const auto envelope =
      entry.envelope.empty() ? std::nullopt : std::optional(EnvelopeRef::of(entry.envelope));
  if (grant->envelope != envelope) return Refusal::envelope_mismatch;
  Collection& collection = x_result.x_collections[grant->collection];
  if (const auto refusal = check_epoch(collection, *grant)) return refusal;
  const Standing standing = judge(found.place, writer, charter->number);
  collection.grants.push_back(
      {*grant, entry.envelope, entry.label, ledger.id(), found.place.index, writer, standing});
  return std::nullopt;
}

namespace {

Standing standing_by(const LedgerSizes& sizes, const LedgerId& ledger, std::uint64_t index) {
  const auto size = sizes.find(ledger);
  if (size == sizes.end()) return Standing::unstated;
  return index < size->second ? Standing::counts : Standing::beyond;
}

}  // namespace

const Device* Replay::writer_of(const Place& place) const {
  const auto device = x_result.x_devices.find(place.ledger->name().device);
  return device == x_result.x_devices.end() ? nullptr : &device->second;
}

Standing Replay::standing_of(const Place& place) const {
  const Device* writer = writer_of(place);
  if (writer == nullptr || !writer->revoked) return Standing::counts;
  return standing_by(*writer->revoked, place.ledger->name().id(), place.index);
}

Standing Replay::standing_of(const Place& place, const MemberId& member,
                             std::uint32_t number) const {
  Standing worst = Standing::counts;
  const auto& chain = x_result.x_charters;
  for (const ApprovedCharter& later : std::span(chain).subspan(number)) {
    const auto departed = later.charter.departed.find(member);
    if (departed == later.charter.departed.end()) continue;
    worst = std::max(worst, standing_by(departed->second, place.ledger->name().id(), place.index));
  }
  return worst;
}

Standing Replay::judge(const Place& place, const MemberId& member, std::uint32_t number) {
  const Standing by_device = standing_of(place);
  const Standing by_charter = standing_of(place, member, number);
  if (by_device == Standing::beyond) {
    refuse(place, Refusal::device_revoked);
  } else if (by_charter == Standing::beyond) {
    refuse(place, Refusal::member_departed);
  }
  return std::max(by_device, by_charter);
}

}  // namespace muniment
