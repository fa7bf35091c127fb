// What devices say of themselves: that they travel without some collections, that they are back,
// and which keys they sealed to themselves anew. Each counts in the device's own ledger only.
#include "vault/consortium/replay.hpp"

namespace muniment {

// Of journeys the last counts; a return ends the one before it.
void Replay::note_journeys() {
  for (const auto& found : x_journeys) refuse_if(found.place, note(found));
  for (const auto& found : x_returns) refuse_if(found.place, note(found));
}

std::optional<Refusal> Replay::note(const Found<TravelEntry>& found) {
  const auto& entry = found.entry;
  const Place& place = found.place;
  if (writer_of(place) == nullptr) return Refusal::unknown_device;
  if (standing_of(place) != Standing::counts) return Refusal::device_revoked;
  if (entry.consortium != x_result.x_id) return Refusal::other_consortium;
  const LedgerName& ledger = place.ledger->name();
  if (entry.device != ledger.device) return Refusal::wrong_ledger;
  x_journey_begins[entry.device] = place.index;
  x_result.x_devices.at(entry.device).journey = Journey{entry.until, entry.without, std::nullopt};
  return std::nullopt;
}

std::optional<Refusal> Replay::note(const Found<ReturnedEntry>& found) {
  const auto& entry = found.entry;
  const Place& place = found.place;
  if (writer_of(place) == nullptr) return Refusal::unknown_device;
  if (standing_of(place) != Standing::counts) return Refusal::device_revoked;
  if (entry.consortium != x_result.x_id) return Refusal::other_consortium;
  const LedgerName& ledger = place.ledger->name();
  if (entry.device != ledger.device) return Refusal::wrong_ledger;
  const auto begin = x_journey_begins.find(entry.device);
  if (begin == x_journey_begins.end() || place.index < begin->second) return std::nullopt;
  x_result.x_devices.at(entry.device).journey->returned = entry.time;
  return std::nullopt;
}

void Replay::keep_rewrapped() {
  for (const auto& found : x_rewraps) refuse_if(found.place, keep(found));
}

std::optional<Refusal> Replay::keep(const Found<RewrapEntry>& found) {
  const auto& entry = found.entry;
  const Place& place = found.place;
  if (writer_of(place) == nullptr) return Refusal::unknown_device;
  if (standing_of(place) != Standing::counts) return Refusal::device_revoked;
  const LedgerName& ledger = place.ledger->name();
  if (entry.collection != ledger.collection) return Refusal::wrong_ledger;
  x_result.x_collections[entry.collection].rewrapped[ledger.device].push_back(entry.envelope);
  return std::nullopt;
}

}  // namespace muniment
