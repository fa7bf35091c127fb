// A keyring by somebody who makes the checksum fit: what decodes prints as the same bytes, and a
// key it was not made for opens nothing.
#include "vault/keyring/keyring.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Credential stranger = Credential::key_file(SecretBytes(32));
  const ByteView input = std::as_bytes(std::span(data, size));
  VAULT_ASSERT(!Keyring::decode(input));
  Bytes bytes(input.begin(), input.end());
  append(bytes, sha256(input).view());
  try {
    const std::optional<Keyring> keyring = Keyring::decode(bytes);
    if (!keyring) return 0;
    VAULT_ASSERT(keyring->encode() == bytes);
    (void)keyring->unlock(stranger);
    VAULT_ASSERT(false);
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::unsupported || error.code() == ErrorCode::wrong_key);
  }
  return 0;
}
