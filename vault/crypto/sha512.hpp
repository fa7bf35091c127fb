// SHA-512 (FIPS 180-4, OpenSSL), for SSHSIG only: OpenSSH signs the SHA-512 of a message.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

using Sha512Digest = FixedBytes<struct Sha512DigestTag, 64>;

[[nodiscard]] Sha512Digest sha512(ByteView data);

}  // namespace muniment
