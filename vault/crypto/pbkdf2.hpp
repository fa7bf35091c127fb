// PBKDF2-HMAC-SHA256 (RFC 8018), OpenSSL's, because SLIP-39 is defined with it. What we design
// ourselves uses Argon2id (vault/crypto/kdf.hpp).
#pragma once

#include <cstdint>

#include "vault/crypto/secret.hpp"

namespace muniment {

// `password` and `salt` may be empty; `iterations` and `out_size` are not zero.
[[nodiscard]] SecretBytes pbkdf2_hmac_sha256(ByteView password, ByteView salt,
                                             std::uint32_t iterations, std::size_t out_size);

}  // namespace muniment
