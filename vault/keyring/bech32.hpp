// Bech32 (BIP 173) without its limit of 90 characters, as age writes keys.
#pragma once

#include "vault/crypto/secret.hpp"

namespace muniment {

// `<prefix>1<data and checksum>` in lower case; `prefix` is lower-case ASCII. In secret memory,
// since the data may be a secret.
[[nodiscard]] SecretBytes bech32_encode(std::string_view prefix, ByteView data);

// The data. Empty unless `text` is all upper or all lower case, has this prefix (given in lower
// case) and a checksum that holds, and its padding is zero and shorter than five bits.
[[nodiscard]] std::optional<SecretBytes> bech32_decode(std::string_view prefix,
                                                       std::string_view text);

}  // namespace muniment
