// A reply of a time stamp authority.
#include "vault/note/timestamp.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto reply = decode_timestamp_reply(bytes);
  if (!reply) return 0;
  const std::string_view whole = as_text(bytes);
  VAULT_ASSERT(whole.find(as_text(reply->digest.view())) != std::string_view::npos);
  return 0;
}
