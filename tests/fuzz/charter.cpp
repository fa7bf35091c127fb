// Charters, the entries that carry them and the names under their seal print as they came, and
// judging them ends.
#include "vault/consortium/charter.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto charter = decode_charter(text)) {
    VAULT_ASSERT(encode(*charter) == text);
    (void)check(*charter);
  }
  if (const auto entry = decode_charter_entry(text)) {
    VAULT_ASSERT(encode(*entry) == text);
    (void)check_first_charter(consortium_id(entry->text), *entry);
  }
  const auto names = decode_charter_names(text);
  VAULT_ASSERT(!names || encode(*names) == text);
  return 0;
}
