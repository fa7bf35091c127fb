// A manifest chunk or a chunk list from whoever holds the epoch's public key: what decodes prints
// as the same bytes.
#include "vault/snapshot/manifest.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (const auto entries = decode_entries(input)) {
    Bytes bytes;
    for (const Entry& entry : *entries) encode_entry(entry, bytes);
    VAULT_ASSERT(equal(bytes, input));
  }
  if (const auto chunks = decode_chunk_list(input)) {
    VAULT_ASSERT(equal(encode_chunk_list(*chunks), input));
  }
  return 0;
}
