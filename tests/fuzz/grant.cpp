// Grants, epochs and collections, and the entries that carry them, print as they came.
#include "vault/consortium/grant.hpp"

#include "vault/base/assert.hpp"
#include "vault/consortium/collection.hpp"
#include "vault/consortium/epoch.hpp"

using namespace muniment;

namespace {

template <class Decode>
void check(std::string_view text, Decode decode) {
  const auto value = decode(text);
  VAULT_ASSERT(!value || encode(*value) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  check(text, decode_grant);
  check(text, decode_grant_entry);
  check(text, decode_epoch_entry);
  check(text, decode_collection_entry);
  check(text, decode_collection_record);
  return 0;
}
