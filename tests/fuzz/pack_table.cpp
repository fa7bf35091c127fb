// A table has one encoding, and its frames lie where the head says.
#include "tests/fuzz/pack_input.hpp"
#include "vault/base/assert.hpp"

using namespace muniment;

namespace {

void check(const PackHead& head, const fuzz::PackInput& input) {
  const Suite suite = input.form.suite;
  const auto table = decode_table(input.table, head, suite);
  if (!table) return;
  VAULT_ASSERT(equal(encode_table(*table), input.table));
  VAULT_ASSERT(table->frames.size() == head.frame_count);
  std::uint64_t end = frames_offset(suite);
  for (const FrameEntry& entry : table->frames) end += entry.stored_bytes + tag_bytes(suite);
  VAULT_ASSERT(end == head.table_offset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::read_pack_input(std::as_bytes(std::span(data, size)));
  if (!input) return 0;
  if (const auto head = decode_head(input->head, input->form)) check(*head, *input);
  if (const auto head = decode_head(fuzz::fitting_head(*input), input->form)) check(*head, *input);
  return 0;
}
