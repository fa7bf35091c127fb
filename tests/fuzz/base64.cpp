// Whatever is accepted prints as the same text, and whatever is printed is accepted.
#include "vault/crypto/base64.hpp"

#include "vault/base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muniment;
  const ByteView input = std::as_bytes(std::span(data, size));
  const auto bytes = from_base64(as_text(input));
  VAULT_ASSERT(!bytes || to_base64(*bytes) == as_text(input));
  const auto again = from_base64(to_base64(input));
  VAULT_ASSERT(again && equal(*again, input));
  return 0;
}
