// The marker file of a vault: what decodes prints as the same text.
#include "vault/marker.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto identity = decode_marker(text)) VAULT_ASSERT(encode_marker(*identity) == text);
  return 0;
}
