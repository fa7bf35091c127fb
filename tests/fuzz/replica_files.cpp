// The files in which a replica remembers its partners: what decodes prints as it came.
#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/daemon_report.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/peers.hpp"
#include "vault/possessions.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto possessions = decode_possessions(text)) VAULT_ASSERT(encode(*possessions) == text);
  if (const auto report = decode_daemon_report(text)) VAULT_ASSERT(encode(*report) == text);
  if (const auto packs = decode_damaged_packs(text)) {
    VAULT_ASSERT(encode_damaged_packs(*packs) == text);
  }
  try {
    VAULT_ASSERT(encode(decode_peers(text, "peers")) == text);
  } catch (const Error&) {  // it is none
  }
  return 0;
}
