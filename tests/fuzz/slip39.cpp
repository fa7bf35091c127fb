// Words as somebody types them; then any share, whose words give it back.
#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/keyring/slip39_share.hpp"

using namespace muniment;

namespace {

void check(const Slip39Share& share) {
  const SecretBytes words = encode_slip39_share(share);
  const auto decoded = decode_slip39_share(words.view());
  VAULT_ASSERT(std::holds_alternative<Slip39Share>(decoded));
  VAULT_ASSERT(equal(encode_slip39_share(std::get<Slip39Share>(decoded)).view(), words.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  const auto typed = decode_slip39_share(input);
  if (const auto* share = std::get_if<Slip39Share>(&typed)) check(*share);

  ByteReader reader(input);
  Slip39Share share;
  share.identifier = reader.u16() & 0x7fffU;
  share.extendable = reader.u8() % 2 == 1;
  share.iteration_exponent = reader.u8() % 16;
  share.group_count = reader.u8() % 16U + 1;
  share.group_threshold = reader.u8() % share.group_count + 1;
  share.group_index = reader.u8() % share.group_count;
  share.member_index = reader.u8() % 16;
  share.member_threshold = reader.u8() % 16U + 1;
  const std::size_t bytes = reader.remaining() / 2 * 2;
  if (bytes < slip39_value_bytes_min || bytes > slip39_value_bytes_max) return 0;
  share.value = SecretBytes::copy_of(reader.raw(bytes));
  check(share);
  return 0;
}
