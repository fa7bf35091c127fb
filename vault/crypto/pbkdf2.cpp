#include "vault/crypto/pbkdf2.hpp"

#include <openssl/evp.h>

#include <limits>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

int c_size(std::size_t size) {
  VAULT_ASSERT(size <= std::size_t{std::numeric_limits<int>::max()});
  return static_cast<int>(size);
}

}  // namespace

SecretBytes pbkdf2_hmac_sha256(ByteView password, ByteView salt, std::uint32_t iterations,
                               std::size_t out_size) {
  SecretBytes out(out_size);
  // OpenSSL measures a password that is a null pointer as a string, whatever its length.
  const char* const text = password.empty() ? "" : reinterpret_cast<const char*>(password.data());
  const int result = PKCS5_PBKDF2_HMAC(text, c_size(password.size()), c_bytes(salt),
                                       c_size(salt.size()), c_size(iterations), EVP_sha256(),
                                       c_size(out_size), c_bytes(out.mutable_view()));
  VAULT_ASSERT(result == 1);
  return out;
}

}  // namespace muniment
