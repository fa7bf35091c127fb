#include "vault/keyring/keyring.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/keyring/format.hpp"

namespace muniment {

namespace {

using namespace keyring_format;

ByteView magic_bytes() {
  return std::as_bytes(std::span(magic));
}

void encode_identity(ByteWriter& writer, const KeyringIdentity& identity) {
  writer.raw(identity.vault.view());
  writer.raw(identity.device.view());
  writer.raw(identity.consortium.view());
}

Bytes content_context(const KeyringIdentity& identity, Compartments part) {
  Bytes bytes = to_bytes(content_label);
  ByteWriter writer(bytes);
  encode_identity(writer, identity);
  writer.u8(static_cast<std::uint8_t>(part));
  return bytes;
}

template <class Keys>
SaltedBox seal_keys(const KeyringIdentity& identity, const OpenCompartment<Keys>& compartment,
                    Random& random) {
  return seal_salted(compartment.key, content_context(identity, compartment_of<Keys>),
                     encode_keys(compartment.keys).view(), random);
}

template <class Keys>
OpenCompartment<Keys> open_keys(const KeyringIdentity& identity, const SaltedBox& sealed,
                                CompartmentKey<Keys> key) {
  constexpr Compartments part = compartment_of<Keys>;
  const auto content = open_salted(key, content_context(identity, part), sealed);
  std::optional<Keys> keys = content ? decode_keys<Keys>(content->view()) : std::nullopt;
  if (!keys) {
    throw Error(ErrorCode::damaged,
                part == Compartments::service ? "keyring: its service keys were altered"
                                              : "keyring: its reading keys were altered",
                "put back a backup of the keyring");
  }
  return {std::move(*keys), std::move(key)};
}

void encode_sealed(ByteWriter& writer, const SaltedBox& sealed) {
  writer.u32(static_cast<std::uint32_t>(sealed.sealed.size() - content_tag_bytes));
  writer.raw(sealed.salt.view());
  writer.raw(sealed.sealed);
}

SaltedBox decode_sealed(ByteReader& reader) {
  const std::uint32_t content_bytes = reader.u32();
  const auto salt = reader.fixed<SaltedBox::Salt>();
  if (content_bytes == 0 || content_bytes > content_bytes_max ||
      content_bytes % content_class_bytes != 0) {
    reader.fail();
  }
  const ByteView sealed = reader.raw(content_bytes + content_tag_bytes);
  return {salt, Bytes(sealed.begin(), sealed.end())};
}

bool any_opens(const std::vector<Slot>& slots, Compartments part) {
  return std::ranges::any_of(slots,
                             [&](const Slot& slot) { return contains(slot.info.opens, part); });
}

// What every keyring that is saved has.
bool are_enough(const std::vector<Slot>& slots) {
  return any_opens(slots, Compartments::service) && any_opens(slots, Compartments::reading);
}

bool are_distinct(const std::vector<Slot>& slots) {
  std::vector<SlotId> ids;
  ids.reserve(slots.size());
  for (const Slot& slot : slots) ids.push_back(slot.info.id);
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) == ids.end();
}

Slot make_slot(const SlotInfo& info, const VaultId& vault, const Credential& credential,
               const UnlockedKeyring& unlocked, Random& random) {
  const bool service = contains(info.opens, Compartments::service);
  const bool reading = contains(info.opens, Compartments::reading);
  if ((service && !unlocked.service) || (reading && !unlocked.reading)) {
    throw Error(ErrorCode::usage, "keyring: a slot cannot open more than what opened the keyring",
                "unlock with the passphrase or the recovery sheet");
  }
  Slot slot{.info = info, .salt = random.fixed<Slot::Salt>(), .service = {}, .reading = {}};
  slot.info.kind = credential.kind();
  if (slot.info.kind != CredentialKind::passphrase) slot.info.cost = {};
  const SlotKey key = slot.key(credential);
  if (service) slot.wrap(key, vault, unlocked.service->key, random);
  if (reading) slot.wrap(key, vault, unlocked.reading->key, random);
  return slot;
}

template <class Slots>
auto find_slot(Slots& slots, const SlotId& id) {
  const auto found = std::ranges::find_if(slots, [&](const Slot& s) { return s.info.id == id; });
  if (found == slots.end()) {
    throw Error(ErrorCode::not_found, "keyring: no slot " + id.hex(),
                "muniment key list shows them");
  }
  return found;
}

// Says neither how many slots there are nor which came close.
Error wrong_key(CredentialKind kind) {
  return {ErrorCode::wrong_key,
          "keyring: this " + std::string(to_text(kind)) + " does not open it"};
}

}  // namespace

CreatedKeyring Keyring::create(const KeyringIdentity& identity, ServiceKeys service,
                               ReadingKeys reading, Random& random) {
  Keyring keyring;
  keyring.x_identity = identity;
  UnlockedKeyring unlocked = keyring.renew(std::move(service), std::move(reading), random);
  return {std::move(keyring), std::move(unlocked)};
}

Bytes Keyring::encode() const {
  VAULT_ASSERT(are_enough(x_slots));
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(magic_bytes());
  writer.u16(version);
  writer.u16(static_cast<std::uint16_t>(x_slots.size()));
  writer.zeros(4);
  writer.u64(x_generation);
  encode_identity(writer, x_identity);
  writer.zeros(header_bytes - header_zeros_at);
  for (const Slot& slot : x_slots) slot.encode(writer);
  encode_sealed(writer, x_service);
  encode_sealed(writer, x_reading);
  writer.raw(sha256(bytes).view());
  return bytes;
}

std::optional<Keyring> Keyring::decode(ByteView bytes) {
  if (bytes.size() < header_bytes + checksum_bytes) return std::nullopt;
  const ByteView content = bytes.first(bytes.size() - checksum_bytes);
  if (!equal(sha256(content).view(), bytes.last(checksum_bytes))) return std::nullopt;

  ByteReader reader(content);
  if (!equal(reader.raw(magic.size()), magic_bytes())) return std::nullopt;
  if (const std::uint16_t found = reader.u16(); found != version) {
    throw Error(ErrorCode::unsupported,
                "keyring: version " + std::to_string(found) + ", this program reads version 1",
                "use the newest muniment that ever wrote to this vault");
  }
  const std::uint16_t slot_count = reader.u16();
  reader.expect_zeros(4);
  Keyring keyring;
  keyring.x_generation = reader.u64();
  keyring.x_identity.vault = reader.fixed<VaultId>();
  keyring.x_identity.device = reader.fixed<DeviceId>();
  keyring.x_identity.consortium = reader.fixed<ConsortiumId>();
  reader.expect_zeros(header_bytes - header_zeros_at);
  if (slot_count > slots_max) return std::nullopt;
  for (unsigned i = 0; i < slot_count; ++i) {
    std::optional<Slot> slot = Slot::decode(reader);
    if (!slot) return std::nullopt;
    keyring.x_slots.push_back(std::move(*slot));
  }
  keyring.x_service = decode_sealed(reader);
  keyring.x_reading = decode_sealed(reader);
  if (!reader.done() || !are_enough(keyring.x_slots) || !are_distinct(keyring.x_slots)) {
    return std::nullopt;
  }
  return keyring;
}

std::vector<SlotInfo> Keyring::slots() const {
  std::vector<SlotInfo> infos;
  infos.reserve(x_slots.size());
  for (const Slot& slot : x_slots) infos.push_back(slot.info);
  return infos;
}

UnlockedKeyring Keyring::unlock(const Credential& credential) const {
  for (const Slot& slot : x_slots) {
    if (slot.info.kind != credential.kind()) continue;
    const SlotKey slot_key = slot.key(credential);
    auto service = slot.unwrap<ServiceKeys>(slot_key, x_identity.vault);
    auto reading = slot.unwrap<ReadingKeys>(slot_key, x_identity.vault);
    if (!service && !reading) continue;
    UnlockedKeyring unlocked;
    unlocked.slot = slot.info.id;
    if (service) unlocked.service = open_keys(x_identity, x_service, std::move(*service));
    if (reading) unlocked.reading = open_keys(x_identity, x_reading, std::move(*reading));
    return unlocked;
  }
  throw wrong_key(credential.kind());
}

template <class Keys>
OpenCompartment<Keys> Keyring::open_only(const Credential& credential,
                                         const SaltedBox& sealed) const {
  for (const Slot& slot : x_slots) {
    if (slot.info.kind != credential.kind()) continue;
    if (!contains(slot.info.opens, compartment_of<Keys>)) continue;
    auto key = slot.unwrap<Keys>(slot.key(credential), x_identity.vault);
    if (key) return open_keys(x_identity, sealed, std::move(*key));
  }
  throw wrong_key(credential.kind());
}

OpenCompartment<ServiceKeys> Keyring::open_service(const Credential& credential) const {
  return open_only<ServiceKeys>(credential, x_service);
}

OpenCompartment<ReadingKeys> Keyring::open_reading(const Credential& credential) const {
  return open_only<ReadingKeys>(credential, x_reading);
}

SlotId Keyring::add_slot(const Credential& credential, const NewSlot& slot,
                         const UnlockedKeyring& unlocked, Random& random) {
  if (x_slots.size() == slots_max) {
    throw Error(ErrorCode::limit, "keyring: it has 32 slots, no more fit", "remove one first");
  }
  const SlotInfo info{.id = random.fixed<SlotId>(), .opens = slot.opens, .cost = slot.cost};
  x_slots.push_back(make_slot(info, x_identity.vault, credential, unlocked, random));
  return info.id;
}

void Keyring::change_slot(const SlotId& id, const Credential& credential, const Argon2idCost& cost,
                          const UnlockedKeyring& unlocked, Random& random) {
  const auto slot = find_slot(x_slots, id);
  SlotInfo info = slot->info;
  info.cost = cost;
  *slot = make_slot(info, x_identity.vault, credential, unlocked, random);
}

void Keyring::rebind(const ConsortiumId& consortium, const UnlockedKeyring& unlocked,
                     Random& random) {
  VAULT_ASSERT(unlocked.service && unlocked.reading);
  x_identity.consortium = consortium;
  x_service = seal_keys(x_identity, *unlocked.service, random);
  x_reading = seal_keys(x_identity, *unlocked.reading, random);
}

UnlockedKeyring Keyring::renew(ServiceKeys service, ReadingKeys reading, Random& random) {
  UnlockedKeyring unlocked;
  unlocked.service = {std::move(service), CompartmentKey<ServiceKeys>::generate(random)};
  unlocked.reading = {std::move(reading), CompartmentKey<ReadingKeys>::generate(random)};
  x_slots.clear();
  x_service = seal_keys(x_identity, *unlocked.service, random);
  x_reading = seal_keys(x_identity, *unlocked.reading, random);
  return unlocked;
}

void Keyring::remove_slot(const SlotId& id) {
  const auto slot = find_slot(x_slots, id);
  const auto last_for = [&](Compartments part) {
    return contains(slot->info.opens, part) &&
           std::ranges::count_if(
               x_slots, [&](const Slot& other) { return contains(other.info.opens, part); }) == 1;
  };
  if (last_for(Compartments::reading) || last_for(Compartments::service)) {
    throw Error(ErrorCode::usage,
                last_for(Compartments::reading)
                    ? "keyring: this is the last slot that opens the reading keys"
                    : "keyring: this is the last slot that opens the service keys",
                "add another one first");
  }
  x_slots.erase(slot);
}

}  // namespace muniment
