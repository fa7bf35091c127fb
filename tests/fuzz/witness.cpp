// What witnesses and those who ask them hand over: what decodes prints as the same text.
#include "vault/base/assert.hpp"
#include "vault/cosigned.hpp"
#include "vault/witness_text.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto request = decode_witness_request(text)) VAULT_ASSERT(encode(*request) == text);
  if (const auto reply = decode_witness_reply(text)) VAULT_ASSERT(encode(*reply) == text);
  if (const auto ask = decode_witness_body(text)) VAULT_ASSERT(encode_witness_body(*ask) == text);
  if (const auto log = decode_cosigned_log(text)) VAULT_ASSERT(encode(*log) == text);
  return 0;
}
