// What stands in an access log, outside and inside the seal: what decodes is of the kind that it
// says, and prints as it came.
#include "vault/audit/entry.hpp"
#include "vault/audit/record.hpp"
#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const AccessEntryKind kind = kind_of(text);
  const auto access = decode_access_entry(text);
  VAULT_ASSERT(!access || (kind == AccessEntryKind::access && encode(*access) == text));
  const auto segment = decode_segment_entry(text);
  VAULT_ASSERT(!segment || (kind == AccessEntryKind::segment && encode(*segment) == text));
  const auto spooled = decode_spooled_entry(text);
  VAULT_ASSERT(!spooled || (kind == AccessEntryKind::spooled && encode(*spooled) == text));
  const auto follows = decode_follows_entry(text);
  VAULT_ASSERT(!follows || (kind == AccessEntryKind::follows && encode(*follows) == text));
  const auto record = decode_access_record(text);
  VAULT_ASSERT(!record || (kind == AccessEntryKind::unknown && encode(*record) == text));
  return 0;
}
