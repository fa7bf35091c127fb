// The front of a bundle, with a checksum that fits whatever is before it: what decodes prints as
// the same bytes.
#include "vault/base/assert.hpp"
#include "vault/bundle.hpp"
#include "vault/crypto/hash.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes = to_bytes(std::as_bytes(std::span(data, size)));
  append(bytes, sha256(bytes).view());
  if (const auto head = decode_bundle_head(bytes)) {
    const Bytes again = encode(*head);
    VAULT_ASSERT(again.size() <= bytes.size() && equal(again, ByteView(bytes).first(again.size())));
  }
  return 0;
}
