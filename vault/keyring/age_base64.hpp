// Base64 as age writes it: canonical, without padding.
#pragma once

#include "vault/crypto/base64.hpp"

namespace muniment {

[[nodiscard]] inline std::string to_age_base64(ByteView bytes) {
  std::string text = to_base64(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

[[nodiscard]] inline std::optional<Bytes> from_age_base64(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - text.size() % 4) % 4, '=');
  return from_base64(padded);
}

}  // namespace muniment
