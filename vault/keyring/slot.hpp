// A slot of the keyring: one credential, and the compartment keys that it opens, wrapped.
#pragma once

#include <optional>

#include "vault/base/cursor.hpp"
#include "vault/base/ids.hpp"
#include "vault/crypto/kdf.hpp"
#include "vault/keyring/credential.hpp"
#include "vault/keyring/device_keys.hpp"
#include "vault/keyring/salted_box.hpp"

namespace muniment {

// Random; names a slot for as long as it is there.
using SlotId = FixedBytes<struct SlotIdTag, 16>;

// A set. Values are stored in the keyring's slots: never change one.
enum class Compartments : std::uint8_t { service = 1, reading = 2, both = 3 };

[[nodiscard]] constexpr bool contains(Compartments set, Compartments part) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(part)) == static_cast<unsigned>(part);
}

// What can be said of a slot without opening it.
struct SlotInfo {
  SlotId id;
  CredentialKind kind = CredentialKind::passphrase;
  Compartments opens = Compartments::both;
  Argon2idCost cost;  // zeros but for a passphrase
};

// The key that a compartment is sealed under.
template <class Keys>
struct CompartmentPurpose;
template <class Keys>
using CompartmentKey = SecretKey<CompartmentPurpose<Keys>>;

template <class Keys>
inline constexpr Compartments compartment_of = Compartments::service;
template <>
inline constexpr Compartments compartment_of<ReadingKeys> = Compartments::reading;

// What a credential gives for one slot: it wraps the compartment keys of this slot only.
using SlotKey = SecretKey<struct SlotPurpose>;

struct Slot {
  using Salt = FixedBytes<struct SlotSaltTag, argon2id_salt_bytes>;

  SlotInfo info;
  Salt salt;
  // There as `info.opens` says.
  std::optional<SaltedBox> service;
  std::optional<SaltedBox> reading;

  // Takes Argon2id's time for a passphrase. The credential must be of the slot's kind.
  [[nodiscard]] SlotKey key(const Credential& credential) const;

  template <class Keys>
  void wrap(const SlotKey& slot_key, const VaultId& vault, const CompartmentKey<Keys>& key,
            Random& random) {
    constexpr Compartments part = compartment_of<Keys>;
    (part == Compartments::service ? service : reading) =
        seal_salted(slot_key, context(vault, part), key.view(), random);
  }

  // Empty if the slot does not open this compartment, or its key is another.
  template <class Keys>
  [[nodiscard]] std::optional<CompartmentKey<Keys>> unwrap(const SlotKey& slot_key,
                                                           const VaultId& vault) const {
    constexpr Compartments part = compartment_of<Keys>;
    const std::optional<SaltedBox>& box = part == Compartments::service ? service : reading;
    if (!box) return std::nullopt;
    std::optional<SecretBytes> key = open_salted(slot_key, context(vault, part), *box);
    return key ? CompartmentKey<Keys>::from_bytes(std::move(*key)) : std::nullopt;
  }

  void encode(ByteWriter& writer) const;
  // Empty if it is not a slot; the reader is then somewhere within it.
  [[nodiscard]] static std::optional<Slot> decode(ByteReader& reader);

 private:
  [[nodiscard]] Bytes context(const VaultId& vault, Compartments part) const;
  void encode_clear(ByteWriter& writer) const;
};

}  // namespace muniment
