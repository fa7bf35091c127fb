// Names as an attacker may choose them: what is shown is always printable UTF-8 that says which
// bytes.
#include "vault/base/text.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/bytes.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text(std::as_bytes(std::span(data, size)));
  const std::string shown = escape(bytes);
  VAULT_ASSERT(is_utf8(shown));
  for (const char character : shown) {
    VAULT_ASSERT(character != '\x7f' && (character < '\0' || character >= ' '));
  }
  // Escaped once more, only the backslashes double: nothing else was left to escape.
  const std::size_t backslashes = static_cast<std::size_t>(std::ranges::count(shown, '\\'));
  VAULT_ASSERT(escape(shown).size() == shown.size() + backslashes);
  return 0;
}
