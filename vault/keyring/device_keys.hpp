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

// A field that a later program put into a compartment; kept, and written back, by one that does not
// know it.
struct LaterField {
  std::uint16_t tag = 0;
  SecretBytes value;
};

// What a daemon needs: it replicates, cosigns and serves, and can read no document and no name.
struct ServiceKeys {
  TransportKey transport;
  LogKey log;
  WitnessKey witness;
  ReplicaKey replica;
  std::vector<LaterField> later;

  [[nodiscard]] static ServiceKeys generate(Random& random);
};

// What opens plaintext and the catalog.
struct ReadingKeys {
  ReadingSecretKey reading;
  CatalogKey catalog;
  // Absent where the member's authority is a hardware key, or on another of its devices.
  std::optional<AuthorityKey> authority;
  std::vector<LaterField> later;

  // Without an authority key.
  [[nodiscard]] static ReadingKeys generate(Random& random);
};

}  // namespace muniment
