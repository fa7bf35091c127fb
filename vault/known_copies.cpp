#include "vault/known_copies.hpp"

namespace muniment {

namespace {

// An answer from the future is none: the clock was wrong.
bool is_younger(const Possession& possession, UnixHours hours, UnixHours now) {
  return possession.hour <= now && now - possession.hour < hours;
}

const PossessionRuns* find_runs(const Possessions& possessions, const LedgerId& ledger,
                                const DeviceId& device) {
  const auto devices = possessions.find(ledger);
  if (devices == possessions.end()) return nullptr;
  const auto runs = devices->second.find(device);
  return runs == devices->second.end() ? nullptr : &runs->second;
}

// When the device was asked for the oldest answer; empty unless it produced all of `packs`.
std::optional<UnixHours> oldest(const PossessionRuns& runs, std::span<const std::uint64_t> packs,
                                UnixHours now) {
  UnixHours hour = now;
  for (const std::uint64_t pack : packs) {
    const auto found = runs.find(pack);
    if (!found || !found->shown || !is_younger(*found, possession_hours_max, now)) {
      return std::nullopt;
    }
    hour = std::min(hour, found->hour);
  }
  return hour;
}

}  // namespace

KnownCopies::KnownCopies(Replication& vault)
    : x_vault(vault), x_possessions(find_possessions(vault.files(), vault.directory())) {}

bool KnownCopies::is_due(const Place& place, const DeviceId& device, UnixHours now) const {
  const PossessionRuns* runs = find_runs(x_possessions, place.ledger, device);
  const auto last = runs == nullptr ? std::nullopt : runs->find(place.pack);
  if (!last) return true;
  return !is_younger(*last, last->shown ? possession_renewal_hours : possession_retry_hours, now);
}

std::vector<std::pair<CollectionId, PackId>> KnownCopies::to_ask(const DeviceId& device,
                                                                 std::size_t count) {
  std::vector<std::pair<CollectionId, PackId>> result;
  auto& asked = x_asked[device];
  asked.clear();
  const UnixHours now = hours_of(x_vault.now());
  for (const Ledger& ledger : x_vault.ledgers()) {
    const CollectionId& collection = ledger.name().collection;
    const std::vector<PackId>& packs = x_vault.packs_of(ledger.name());
    if (packs.empty() || !x_vault.may_have(device, collection)) continue;
    const LedgerId id = ledger.name().id();
    for (std::uint64_t i = 0; i < packs.size(); ++i) {
      const auto known = asked.find(packs[i]);
      if (known == asked.end() && result.size() == count) continue;
      const Place place{id, i};
      if (!x_vault.is_whole(packs[i]) || !is_due(place, device, now)) continue;
      asked[packs[i]].push_back(place);
      if (known == asked.end()) result.emplace_back(collection, packs[i]);
    }
  }
  return result;
}

void KnownCopies::answered(const DeviceId& device, const PackId& pack, bool shown) {
  const Possession possession{shown, hours_of(x_vault.now())};
  for (const Place& place : x_asked[device][pack]) {
    x_possessions[place.ledger][device].set(place.pack, possession);
    x_changed = true;
  }
}

void KnownCopies::save() {
  if (!x_changed) return;
  save_possessions(x_vault.files(), x_vault.directory(), x_possessions);
  x_changed = false;
}

CopiesOf count_copies(const CollectionId& collection, const CopiesSource& source) {
  // By ledger, the places of what is here.
  std::map<LedgerId, std::vector<std::uint64_t>> places;
  for (const Ledger& ledger : source.ledgers) {
    if (ledger.name().collection != collection) continue;
    const std::vector<PackId> packs = packs_in_order(ledger);
    for (std::uint64_t i = 0; i < packs.size(); ++i) {
      if (source.is_here(packs[i])) places[ledger.name().id()].push_back(i);
    }
  }
  CopiesOf result;
  if (places.empty()) return result;
  for (const auto& [device, known] : source.consortium.devices()) {
    if (device == source.self || !may_have(source.consortium, device, collection)) continue;
    ++result.devices;
    std::optional<UnixHours> hour = source.now;
    for (const auto& [ledger, packs] : places) {
      const PossessionRuns* runs = find_runs(source.possessions, ledger, device);
      const auto found = runs == nullptr ? std::nullopt : oldest(*runs, packs, source.now);
      hour = hour && found ? std::optional(std::min(*hour, *found)) : std::nullopt;
    }
    if (!hour) continue;
    ++result.whole;
    result.since = std::min(result.since.value_or(*hour), *hour);
  }
  return result;
}

}  // namespace muniment
