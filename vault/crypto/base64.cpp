#include "vault/crypto/base64.hpp"

#include "vault/crypto/sodium.hpp"

namespace muniment {

// libsodium's coder takes the same time whatever the value, since some of the values are keys.

std::string to_base64(ByteView bytes) {
  detail::init_sodium();
  const std::size_t size_with_nul =
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  std::string text(size_with_nul, '\0');
  sodium_bin2base64(text.data(), text.size(), c_bytes(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  detail::init_sodium();
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3);
  std::size_t size = 0;
  if (!text.empty() &&
      sodium_base642bin(c_bytes(MutableByteView(bytes)), bytes.size(), text.data(), text.size(),
                        nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace muniment
