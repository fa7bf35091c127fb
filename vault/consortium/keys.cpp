#include "vault/consortium/keys.hpp"

#include <algorithm>
#include <functional>

#include "vault/ledger/sealed_part.hpp"

namespace muniment {

namespace {

using Opened = std::variant<EnvelopeKeys, EnvelopeRefusal>;
using EnvelopeOpener = std::function<Opened(ByteView envelope)>;

// That the ledgers know this key, by its commitment and by its public half.
std::optional<Refusal> check_epoch(const Collection& collection, const EnvelopeKeys& keys,
                                   const EnvelopeEpoch& epoch) {
  const EpochCommitment commitment = epoch_commitment(keys, epoch);
  const EpochPublicKey key = public_key(epoch_secret_key(epoch.key));
  bool is_known = false;
  for (const Epoch& known : collection.epochs) {
    if (known.commitment != commitment) continue;
    if (known.public_key == key) return std::nullopt;
    is_known = true;
  }
  return is_known ? Refusal::epoch_key_mismatch : Refusal::unknown_epoch;
}

// That what an envelope holds is what its grant and the ledgers say.
std::optional<Refusal> check_envelope(const ConsortiumId& consortium, const Collection& collection,
                                      const Grant& grant, const EnvelopeKeys& keys) {
  if (keys.consortium != consortium || keys.collection != grant.collection) {
    return Refusal::other_consortium;
  }
  const bool one_too_many = !grant.history && keys.epochs.size() > 1;
  const EnvelopeEpoch& newest = keys.epochs.back();
  if (one_too_many || newest.number != grant.epoch ||
      epoch_commitment(keys, newest) != grant.commitment) {
    return Refusal::commitment_mismatch;
  }
  if (epoch_key_digest(public_key(epoch_secret_key(newest.key))) != grant.epoch_key) {
    return Refusal::epoch_key_mismatch;
  }
  for (const EnvelopeEpoch& epoch : keys.epochs) {
    if (const auto refusal = check_epoch(collection, keys, epoch)) return refusal;
  }
  return std::nullopt;
}

// Adds the epochs of an envelope to what is open already.
std::optional<Refusal> merge(std::optional<CollectionKeys>& into, EnvelopeKeys keys) {
  if (into && !(equal_constant_time(into->id_key.view(), keys.id_key.view()) &&
                equal_constant_time(into->chunker_key.view(), keys.chunker_key.view()))) {
    return Refusal::commitment_mismatch;
  }
  if (!into) into = CollectionKeys{keys.id_key.clone(), keys.chunker_key.clone(), {}};
  for (EnvelopeEpoch& epoch : keys.epochs) {
    const EpochCommitment commitment = epoch_commitment(keys, epoch);
    if (into->find(commitment) != nullptr) continue;
    into->epochs.push_back({epoch.number, commitment, std::move(epoch.key)});
  }
  return std::nullopt;
}

bool has_travelled(const Consortium& consortium, const Grantee& to) {
  const auto* device = std::get_if<DeviceId>(&to);
  const auto found =
      device == nullptr ? consortium.devices().end() : consortium.devices().find(*device);
  return found != consortium.devices().end() && found->second.journey;
}

// What a grant's envelope holds, once it is what it should be.
struct OpenGrant {
  const ApprovedGrant* approved;
  EnvelopeKeys keys;
};

// Adds what a device sealed to itself. Nobody approved that, so each key must be one that the
// ledgers know; a device that travels without the collection has none.
void merge_rewrapped(const Consortium& consortium, const CollectionId& id, const Grantee& to,
                     const EnvelopeOpener& open, std::optional<CollectionKeys>& into) {
  const auto* device = std::get_if<DeviceId>(&to);
  const Collection& collection = consortium.collections().at(id);
  if (device == nullptr || !collection.rewrapped.contains(*device)) return;
  for (const Bytes& envelope : collection.rewrapped.at(*device)) {
    Opened opened = open(envelope);
    auto* keys = std::get_if<EnvelopeKeys>(&opened);
    if (keys == nullptr || keys->consortium != consortium.id() || keys->collection != id) continue;
    const bool known = std::ranges::none_of(keys->epochs, [&](const EnvelopeEpoch& epoch) {
      return check_epoch(collection, *keys, epoch).has_value();
    });
    if (known) static_cast<void>(merge(into, std::move(*keys)));
  }
}

std::optional<CollectionKeys> open_for(const Consortium& consortium, const CollectionId& id,
                                       const Grantee& to, const EnvelopeOpener& open,
                                       RefusedGrants* refused) {
  const auto found = consortium.collections().find(id);
  if (found == consortium.collections().end()) return std::nullopt;
  const auto refuse = [&](const ApprovedGrant& approved, Refusal refusal) {
    if (refused == nullptr) return;
    refused->push_back({approved.ledger, approved.index, Act::grant, refusal});
  };
  std::vector<OpenGrant> opened;
  for (const ApprovedGrant& approved : found->second.grants) {
    const Grant& grant = approved.grant;
    if (grant.to != to || grant.rights != Rights::read) continue;
    Opened content = open(approved.envelope);
    auto* keys = std::get_if<EnvelopeKeys>(&content);
    // It may have been sealed to a reading key that was replaced since.
    const auto* unopened = std::get_if<EnvelopeRefusal>(&content);
    if (unopened != nullptr && *unopened == EnvelopeRefusal::not_for_this_key &&
        has_travelled(consortium, to)) {
      continue;
    }
    std::optional<Refusal> refusal = Refusal::envelope_unreadable;
    if (keys != nullptr) refusal = check_envelope(consortium.id(), found->second, grant, *keys);
    if (refusal) {
      refuse(approved, *refusal);
    } else {
      opened.push_back({&approved, std::move(*keys)});
    }
  }
  // Where two disagree on what no epoch changes, the earliest epoch is right: later ones begin from
  // its keys.
  std::ranges::stable_sort(opened, {},
                           [](const OpenGrant& grant) { return grant.keys.epochs.front().number; });
  std::optional<CollectionKeys> result;
  for (OpenGrant& grant : opened) {
    const auto refusal = merge(result, std::move(grant.keys));
    if (refusal) refuse(*grant.approved, *refusal);
  }
  merge_rewrapped(consortium, id, to, open, result);
  if (result) {
    std::ranges::sort(result->epochs, {}, [](const OpenEpoch& epoch) {
      return std::pair(epoch.number, epoch.commitment);
    });
  }
  return result;
}

// What the creator wrote counts; a later epoch's custodian repeats it for who cannot read that.
std::optional<CollectionRecord> open_record(const Collection& collection,
                                            const CollectionKeys& keys) {
  if (collection.record) {
    const auto text = open_sealed(keys, *collection.record, Act::collection);
    if (text) return decode_collection_record(*text);
  }
  for (const SealedPart& part : collection.restated) {
    const auto text = open_sealed(keys, part, Act::epoch);
    const auto record = text ? decode_collection_record(*text) : std::nullopt;
    if (record) return record;
  }
  return std::nullopt;
}

void open_device_names(const Consortium& consortium, const CollectionKeys& keys, Names& names) {
  for (const auto& [id, device] : consortium.devices()) {
    const auto text = open_sealed(keys, device.name, Act::device);
    const auto name = text ? decode_device_name(*text) : std::nullopt;
    if (name && name->digest() == device.certificate.name_digest) names.devices[id] = name->name;
  }
}

}  // namespace

std::optional<std::string> open_sealed(const CollectionKeys& keys, const SealedPart& part,
                                       Act act) {
  for (const OpenEpoch& epoch : keys.epochs) {
    auto text = open_part(epoch_secret_key(epoch.key), part.ledger, act, part.sealed);
    if (text) return text;
  }
  return std::nullopt;
}

CharterNames open_charter_names(const Consortium& consortium, const CollectionKeys& built_in) {
  CharterNames names;
  for (const SealedPart& part : consortium.member_names()) {
    const auto text = open_sealed(built_in, part, Act::charter);
    const auto opened = text ? decode_charter_names(*text) : std::nullopt;
    if (!opened) continue;
    for (const auto& [id, name] : *opened) {
      const CharterMember* member = consortium.charter().find(id);
      if (member != nullptr && member->name_digest == name.digest()) names[id] = name;
    }
  }
  return names;
}

const OpenEpoch* CollectionKeys::find(const EpochCommitment& epoch) const noexcept {
  const auto found = std::ranges::find(epochs, epoch, &OpenEpoch::commitment);
  return found == epochs.end() ? nullptr : &*found;
}

std::optional<CollectionKeys> open_collection_keys(const Consortium& consortium,
                                                   const CollectionId& collection,
                                                   const DeviceId& device,
                                                   const ReadingSecretKey& key,
                                                   RefusedGrants* refused) {
  return open_for(
      consortium, collection, device,
      [&key](ByteView envelope) { return open_envelope(key, envelope); }, refused);
}

std::optional<CollectionKeys> open_collection_keys(const Consortium& consortium,
                                                   const CollectionId& collection,
                                                   const MemberId& member,
                                                   const RecoverySecretKey& key,
                                                   RefusedGrants* refused) {
  return open_for(
      consortium, collection, member,
      [&key](ByteView envelope) { return open_envelope(key, envelope); }, refused);
}

OpenCollections open_all_collections(const Consortium& consortium, const DeviceId& device,
                                     const ReadingSecretKey& key, RefusedGrants* refused) {
  OpenCollections result;
  for (const auto& [id, collection] : consortium.collections()) {
    auto keys = open_collection_keys(consortium, id, device, key, refused);
    if (keys) result.emplace(id, std::move(*keys));
  }
  return result;
}

Names open_names(const Consortium& consortium, const OpenCollections& keys) {
  Names names;
  if (const auto built_in = keys.find(consortium_collection); built_in != keys.end()) {
    for (const auto& [id, name] : open_charter_names(consortium, built_in->second)) {
      names.members[id] = name.name;
    }
    open_device_names(consortium, built_in->second, names);
  }
  for (const auto& [id, open] : keys) {
    const auto opened = open_record(consortium.collections().at(id), open);
    if (opened) names.collections[id] = *opened;
  }
  return names;
}

}  // namespace muniment
