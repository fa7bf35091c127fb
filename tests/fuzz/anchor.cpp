// An anchor as a ledger's directory and a proof have it.
#include "vault/anchor.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const auto anchor = decode_anchor(text);
  VAULT_ASSERT(!anchor || encode(*anchor) == text);
  return 0;
}
