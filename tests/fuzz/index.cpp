// The index chunk of a snapshot: what decodes prints as the same bytes.
#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/snapshot/manifest.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (input.size() > limits::chunk_bytes_max) return 0;
  if (const auto index = decode_index(input)) VAULT_ASSERT(equal(encode_index(*index), input));
  return 0;
}
