// A device's own secret keys, as the keyring's two compartments hold them (DESIGN §5).
#pragma once

#include <optional>
#include <vector>

#include "vault/crypto/keys.hpp"
#include "vault/crypto/sign.hpp"

namespace muniment {

using TransportKey = SigningKey<TransportPurpose>;
using LogKey = SigningKey<LogPurpose>;
using WitnessKey = SigningKey<WitnessPurpose>;
using AuthorityKey = SigningKey<AuthorityPurpose>;
using ReplicaKey = SecretKey<struct ReplicaPurpose>;  // this device's replica.db

// A field of a compartment. Those that a later program put there are kept, and written back, by one
// that does not know them.
struct KeyField {
  std::uint16_t tag = 0;
  SecretBytes value;
};

// What a daemon needs: it replicates, cosigns and serves, and can read no document and no name.
struct ServiceKeys {
  TransportKey transport;
  LogKey log;
  WitnessKey witness;
  ReplicaKey replica;
  std::vector<KeyField> unknown;

  [[nodiscard]] static ServiceKeys generate(Random& random);
};

// What opens plaintext and the catalog.
struct ReadingKeys {
  ReadingSecretKey reading;
  CatalogKey catalog;
  // Absent where the member's authority is a hardware key, or on another of its devices.
  std::optional<AuthorityKey> authority;
  std::vector<KeyField> unknown;

  // Without an authority key.
  [[nodiscard]] static ReadingKeys generate(Random& random);
};

// Both compartments: all that a device needs to work.
struct DeviceKeys {
  ServiceKeys service;
  ReadingKeys reading;
};

// A compartment's content, padded so that its length says nothing. Layout: FORMAT.md.
[[nodiscard]] SecretBytes encode_keys(const ServiceKeys& keys);
[[nodiscard]] SecretBytes encode_keys(const ReadingKeys& keys);

// Strict. Error(unsupported) if the content is of another version.
template <class Keys>
[[nodiscard]] std::optional<Keys> decode_keys(ByteView content);
template <>
[[nodiscard]] std::optional<ServiceKeys> decode_keys(ByteView content);
template <>
[[nodiscard]] std::optional<ReadingKeys> decode_keys(ByteView content);

}  // namespace muniment
