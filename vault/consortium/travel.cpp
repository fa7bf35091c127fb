#include "vault/consortium/travel.hpp"

#include <algorithm>

#include "vault/consortium/granting.hpp"
#include "vault/note/record.hpp"

namespace muniment {

std::string encode(const TravelEntry& entry) {
  RecordWriter writer(type_line(Act::travel));
  writer.key("consortium").hex(entry.consortium.view());
  writer.key("device").hex(entry.device.view());
  writer.key("until").time(entry.until);
  for (const CollectionId& collection : entry.without) {
    writer.key("without").hex(collection.view());
  }
  return writer.finish();
}

std::optional<TravelEntry> decode_travel_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::travel));
  TravelEntry result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.device = reader.key("device").hex<DeviceId>();
  result.until = reader.key("until").time();
  while (reader.key_if("without")) {
    const auto collection = reader.hex<CollectionId>();
    if (!result.without.empty() && *result.without.rbegin() >= collection) reader.fail();
    result.without.insert(collection);
  }
  const std::size_t count = result.without.size();
  if (!reader.done() || count == 0 || count > left_behind_max) return std::nullopt;
  return result;
}

std::string encode(const ReturnedEntry& entry) {
  RecordWriter writer(type_line(Act::returned));
  writer.key("consortium").hex(entry.consortium.view());
  writer.key("device").hex(entry.device.view());
  writer.key("time").time(entry.time);
  return writer.finish();
}

std::optional<ReturnedEntry> decode_returned_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::returned));
  ReturnedEntry result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.device = reader.key("device").hex<DeviceId>();
  result.time = reader.key("time").time();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const RewrapEntry& entry) {
  RecordWriter writer(type_line(Act::rewrap));
  writer.key("collection").hex(entry.collection.view());
  writer.key("envelope").base64(entry.envelope);
  return writer.finish();
}

std::optional<RewrapEntry> decode_rewrap_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::rewrap));
  RewrapEntry result;
  result.collection = reader.key("collection").hex<CollectionId>();
  result.envelope = reader.key("envelope").base64();
  if (!reader.done() || result.envelope.size() > envelope_bytes_max) return std::nullopt;
  return result;
}

std::vector<std::string> rewrap_entries(const Consortium& consortium,
                                        const CollectionId& collection, const CollectionKeys& keys,
                                        const ReadingPublicKey& reading, Random& random) {
  const auto empty = [&] {
    return EnvelopeKeys{
        consortium.id(), collection, keys.id_key.clone(), keys.chunker_key.clone(), {}};
  };
  // An envelope holds one epoch of each number: where two custodians began one at once, the second
  // goes into the next.
  std::vector<EnvelopeKeys> envelopes;
  for (const OpenEpoch& epoch : keys.epochs) {
    const auto room = std::ranges::find_if(envelopes, [&](const EnvelopeKeys& envelope) {
      return envelope.epochs.back().number < epoch.number;
    });
    EnvelopeKeys& target = room == envelopes.end() ? envelopes.emplace_back(empty()) : *room;
    target.epochs.push_back({epoch.number, epoch.key.clone()});
  }
  std::vector<std::string> entries;
  for (const EnvelopeKeys& envelope : envelopes) {
    entries.push_back(encode(RewrapEntry{collection, seal_envelope(reading, envelope, random)}));
  }
  return entries;
}

std::vector<Grantee> other_holders(const Consortium& consortium, const CollectionId& collection,
                                   const CollectionKeys& keys, const DeviceId& device) {
  std::vector<Grantee> others;
  for (const auto& [to, rights] : remaining_grantees(consortium, collection, {device})) {
    if (rights != Rights::read) continue;
    const std::set<EpochCommitment> held = held_epochs(consortium, collection, to);
    const bool all = std::ranges::all_of(
        keys.epochs, [&](const OpenEpoch& epoch) { return held.contains(epoch.commitment); });
    if (all) others.push_back(to);
  }
  return others;
}

}  // namespace muniment
