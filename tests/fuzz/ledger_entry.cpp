// An entry that decodes is of the act that it says, and prints as it came.
#include "vault/base/assert.hpp"
#include "vault/ledger/entries.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const Act act = act_of(text);
  const auto packs = decode_packs(text);
  VAULT_ASSERT(!packs || (act == Act::packs && encode(*packs) == text));
  const auto snapshot = decode_snapshot(text);
  VAULT_ASSERT(!snapshot || (act == Act::snapshot && encode(*snapshot) == text));
  const auto record = decode_snapshot_record(text);
  VAULT_ASSERT(!record || (act == Act::unknown && encode(*record) == text));
  return 0;
}
