#include "vault/crypto/sha512.hpp"

#include <openssl/evp.h>

#include "vault/base/error.hpp"

namespace muniment {

Sha512Digest sha512(ByteView data) {
  Sha512Digest result;
  if (EVP_Digest(data.data(), data.size(), c_bytes(result.mutable_view()), nullptr, EVP_sha512(),
                 nullptr) != 1) {
    throw Error(ErrorCode::io, "sha-512: openssl failed");
  }
  return result;
}

}  // namespace muniment
