// An OpenTimestamps file.
#include "vault/base/assert.hpp"
#include "vault/note/opentimestamps.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto file = decode_ots(bytes);
  if (!file) return 0;
  VAULT_ASSERT(!file->attestations.empty());
  const Bytes head = ots_head(file->digest);
  VAULT_ASSERT(size > head.size() && equal(head, bytes.first(head.size())));
  return 0;
}
