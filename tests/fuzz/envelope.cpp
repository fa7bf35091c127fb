// The text within an envelope: what decodes prints as the same text.
#include "vault/keyring/envelope.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  const std::optional<EnvelopeKeys> keys = decode_envelope(input);
  VAULT_ASSERT(!keys || equal(encode_envelope(*keys).view(), input));
  return 0;
}
