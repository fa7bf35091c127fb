// A table has one encoding, and its frames lie where the head says. The first bytes are suite,
// class and head.
#include "vault/base/assert.hpp"
#include "vault/pack/table.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (input.size() < 2 + pack_format::head_bytes) return 0;
  const auto suite = suite_from(data[0]);
  const auto size_class = pack_class_from(data[1]);
  if (!suite || !size_class) return 0;
  const PackForm form{.suite = *suite, .size_class = *size_class};
  const auto head = decode_head(input.subspan(2, pack_format::head_bytes), form);
  if (!head) return 0;
  const ByteView plaintext = input.subspan(2 + pack_format::head_bytes);
  const auto table = decode_table(plaintext, *head, form.suite);
  if (!table) return 0;
  VAULT_ASSERT(equal(encode_table(*table), plaintext));
  VAULT_ASSERT(table->frames.size() == head->frame_count);
  std::uint64_t end = frames_offset(form.suite);
  for (const FrameEntry& entry : table->frames) end += entry.stored_bytes + tag_bytes(form.suite);
  VAULT_ASSERT(end == head->table_offset);
  return 0;
}
