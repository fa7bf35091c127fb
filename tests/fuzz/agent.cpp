// What an agent is asked, and what it answers: what decodes prints as the same bytes.
#include "cli/agent_message.hpp"
#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto request = decode_agent_request(bytes))
    VAULT_ASSERT(encode(*request) == Bytes(bytes.begin(), bytes.end()));
  if (const auto reply = decode_agent_reply(bytes))
    VAULT_ASSERT(equal(encode(*reply).view(), bytes));
  return 0;
}
