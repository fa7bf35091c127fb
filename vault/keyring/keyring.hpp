// The keyring: a device's secret keys in two compartments, service and reading, that slots open.
// Each compartment is sealed under a key of its own; each slot holds one or both of these keys,
// wrapped under what a passphrase, a key file or the recovery seed gives. So a slot is added,
// changed or removed without touching the others, and a daemon's key file opens `service` alone.
// Layout: FORMAT.md.
#pragma once

#include "vault/base/ids.hpp"
#include "vault/keyring/slot.hpp"

namespace muniment {

// Whose keyring it is. Stands in clear; both compartments are bound to it.
struct KeyringIdentity {
  VaultId vault;
  DeviceId device;
  ConsortiumId consortium;

  friend bool operator==(const KeyringIdentity&, const KeyringIdentity&) = default;
};

// A compartment that was opened: what it holds, and the key that new slots are given.
template <class Keys>
struct OpenCompartment {
  Keys keys;
  CompartmentKey<Keys> key;
};

// What one credential opened; at least one of the two is there.
struct UnlockedKeyring {
  SlotId slot;  // zeros for a keyring that was just created
  std::optional<OpenCompartment<ServiceKeys>> service;
  std::optional<OpenCompartment<ReadingKeys>> reading;
};

struct NewSlot {
  Compartments opens = Compartments::both;
  Argon2idCost cost;  // for a passphrase only
};

struct CreatedKeyring;

// In memory only: vault/keyring/keyring_file.hpp loads and saves. Const functions are thread-safe.
class Keyring {
 public:
  // A keyring without a slot, and its compartments open, so that slots can be added.
  [[nodiscard]] static CreatedKeyring create(const KeyringIdentity& identity, ServiceKeys service,
                                             ReadingKeys reading, Random& random);

  // Empty if any byte is not as it was written; needs no secret. Error(unsupported) if the bytes
  // are whole, but of another version.
  [[nodiscard]] static std::optional<Keyring> decode(ByteView bytes);
  [[nodiscard]] Bytes encode() const;

  [[nodiscard]] const KeyringIdentity& identity() const noexcept { return x_identity; }
  // Counts the times it was saved: of two whole copies the higher is the newer.
  [[nodiscard]] std::uint64_t generation() const noexcept { return x_generation; }
  void advance_generation() noexcept { ++x_generation; }
  // In the order in which they were added.
  [[nodiscard]] std::vector<SlotInfo> slots() const;

  // Opens what the first slot opens that the credential fits. Runs Argon2id once for each
  // passphrase slot until then. Error(wrong_key) if none does, without a word on which;
  // Error(damaged) if a compartment was altered by somebody who made the checksum fit again.
  [[nodiscard]] UnlockedKeyring unlock(const Credential& credential) const;
  // One compartment alone, so that the keys of the other never get into memory. Error(wrong_key)
  // also if the credential opens only the other one.
  [[nodiscard]] OpenCompartment<ServiceKeys> open_service(const Credential& credential) const;
  [[nodiscard]] OpenCompartment<ReadingKeys> open_reading(const Credential& credential) const;

  // A slot in which `credential` opens what `slot` says; `unlocked` must hold that much.
  // Error(limit) if there are 32 slots already.
  SlotId add_slot(const Credential& credential, const NewSlot& slot,
                  const UnlockedKeyring& unlocked, Random& random);
  // Another credential for a slot, which keeps its id and what it opens; no other slot is touched.
  // `cost` is for a passphrase only. Error(not_found) if there is no such slot.
  void change_slot(const SlotId& id, const Credential& credential, const Argon2idCost& cost,
                   const UnlockedKeyring& unlocked, Random& random);
  // The same keys for another consortium, whose device has the same id: what joining changes.
  // `unlocked` must hold both compartments.
  void rebind(const ConsortiumId& consortium, const UnlockedKeyring& unlocked, Random& random);
  // Other keys in both compartments, under new compartment keys. All slots are gone, and what they
  // opened opens nothing any more: add one before it is saved.
  [[nodiscard]] UnlockedKeyring renew(ServiceKeys service, ReadingKeys reading, Random& random);
  // Error(not_found) if there is no such slot; Error(usage) if it is the last that opens a
  // compartment.
  void remove_slot(const SlotId& id);

 private:
  Keyring() = default;

  template <class Keys>
  [[nodiscard]] OpenCompartment<Keys> open_only(const Credential& credential,
                                                const SaltedBox& sealed) const;

  KeyringIdentity x_identity;
  std::uint64_t x_generation = 0;
  std::vector<Slot> x_slots;
  SaltedBox x_service;
  SaltedBox x_reading;
};

struct CreatedKeyring {
  Keyring keyring;
  UnlockedKeyring unlocked;
};

}  // namespace muniment
