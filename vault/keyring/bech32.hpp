// Bech32 (BIP 173) without its limit of 90 characters, as age writes keys. Lower case only.
#pragma once

#include "vault/crypto/secret.hpp"

namespace muniment {

// `<prefix>1<data and checksum>`; `prefix` is printable ASCII without capitals. In secret memory,
// since the data may be a secret.
[[nodiscard]] SecretBytes bech32_encode(std::string_view prefix, ByteView data);

// The data. Empty unless `text` is what bech32_encode gives for this prefix and some data.
[[nodiscard]] std::optional<SecretBytes> bech32_decode(std::string_view prefix,
                                                       std::string_view text);

}  // namespace muniment
