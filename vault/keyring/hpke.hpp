// HPKE (RFC 9180) in base mode for one message, with X-Wing as draft-ietf-hpke-pq registers it: KEM
// 0x647a, HKDF-SHA256, ChaCha20-Poly1305. The KEM's shared secret is used as it is, without the
// extract step that DHKEM has.
#pragma once

#include "vault/crypto/kem.hpp"

namespace muniment {

// What the first, and here only, message is sealed with.
struct HpkeKey {
  SecretBytes key;    // 32 bytes
  SecretBytes nonce;  // 12 bytes
};

[[nodiscard]] HpkeKey hpke_base_key(const KemSharedSecret& shared, std::string_view info);

}  // namespace muniment
