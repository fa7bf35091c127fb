// Base64 (RFC 4648 §4) with padding, canonical only: one text for one value.
#pragma once

#include <string>

#include "vault/base/bytes.hpp"

namespace muniment {

[[nodiscard]] std::string to_base64(ByteView bytes);

// Empty unless `text` is exactly what to_base64 gives for some bytes: no white space, no missing or
// superfluous padding, no stray trailing bits.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

}  // namespace muniment
