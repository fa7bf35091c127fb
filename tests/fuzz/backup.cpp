// A backup by somebody who makes the checksum fit, and the ledgers within one.
#include "vault/backup.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  Bytes bytes(input.begin(), input.end());
  append(bytes, sha256(input).view());
  try {
    static_cast<void>(decode_backup(bytes));
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::unsupported);
  }
  const std::string_view text = as_text(input);
  const auto content = decode_backup_content(text);
  VAULT_ASSERT(!content || encode(*content) == text);
  return 0;
}
