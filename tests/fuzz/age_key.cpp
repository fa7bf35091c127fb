// Recipients and identities: what is accepted prints as the same text.
#include "vault/base/assert.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/keyring/age.hpp"
#include "vault/keyring/bech32.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  const std::string_view text = as_text(input);
  const auto recipient = parse_age_recipient<ReadingPurpose>(text);
  VAULT_ASSERT(!recipient || age_recipient(*recipient) == text);
  const auto identity = parse_age_identity<ReadingPurpose>(text);
  VAULT_ASSERT(!identity || as_text(age_identity(*identity).view()) == text);
  const auto data_bytes = bech32_decode("key", text);
  VAULT_ASSERT(!data_bytes || as_text(bech32_encode("key", data_bytes->view()).view()) == text);
  const auto again = bech32_decode("key", as_text(bech32_encode("key", input).view()));
  VAULT_ASSERT(again && equal(again->view(), input));
  return 0;
}
