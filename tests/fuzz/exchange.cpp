// What partners hand over: what decodes prints as the same text.
#include "vault/exchange.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto exchange = decode_exchange_record(text)) {
    VAULT_ASSERT(encode_exchange_record(*exchange) == text);
  }
  if (const auto exchange = decode_exchange(text)) {
    VAULT_ASSERT(decode_exchange(encode(*exchange)).has_value());
  }
  if (const auto card = decode_card(text)) VAULT_ASSERT(!fingerprint_words(*card).empty());
  return 0;
}
