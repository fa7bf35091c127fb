// A header has one encoding.
#include "vault/base/assert.hpp"
#include "vault/pack/header.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  const auto decoded = decode_header(input);
  if (const auto* const header = std::get_if<PackHeader>(&decoded)) {
    VAULT_ASSERT(equal(encode_header(*header), input.first(pack_format::header_bytes)));
  }
  return 0;
}
