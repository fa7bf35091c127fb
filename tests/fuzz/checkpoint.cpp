// A checkpoint that decodes encodes to the same text, and is still the same once it is signed.
#include "vault/note/checkpoint.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const auto checkpoint = decode_checkpoint(text);
  if (!checkpoint) return 0;
  VAULT_ASSERT(encode(*checkpoint) == text);
  static const auto key = *SigningKey<LogPurpose>::from_bytes(Bytes(32));
  const std::string encoded = encode(sign_checkpoint(*checkpoint, "log", key));
  const auto note = decode_signed_note(encoded);
  VAULT_ASSERT(note && open_checkpoint(*note, {"log", verify_key(key)}) == checkpoint);
  return 0;
}
