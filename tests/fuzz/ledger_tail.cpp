// A record that is whole in a made-up tail is written again as it was read, and is not seen
// anywhere but at its own offset.
#include "vault/base/assert.hpp"
#include "vault/ledger/tail.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  const ByteView head = input.first(std::min(size, tail_format::header_bytes));
  const auto header = decode_tail_header(head);
  VAULT_ASSERT(!header || equal(encode(*header), head));

  std::size_t offset = head.size();
  while (const auto record = decode_record(input.subspan(offset), offset)) {
    Bytes copy;
    append_record(copy, offset, record->type, record->payload);
    VAULT_ASSERT(equal(copy, record->whole));
    VAULT_ASSERT(!decode_record(input.subspan(offset), offset + 1));
    offset += record->whole.size();
  }
  return 0;
}
