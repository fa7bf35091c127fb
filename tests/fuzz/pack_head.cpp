// A head has one encoding, and what it promises fits in the pack. The first two bytes are suite and
// class.
#include "vault/base/assert.hpp"
#include "vault/pack/table.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) return 0;
  const auto suite = suite_from(data[0]);
  const auto size_class = pack_class_from(data[1]);
  if (!suite || !size_class) return 0;
  const PackForm form{.suite = *suite, .size_class = *size_class};
  if (const auto head = decode_head(input.subspan(2), form)) {
    VAULT_ASSERT(equal(encode_head(*head), input.subspan(2)));
    VAULT_ASSERT(std::uint64_t{head->table_offset} + head->table_bytes + 2 * tag_bytes(*suite) <=
                 data_bytes(*size_class));
  }
  return 0;
}
