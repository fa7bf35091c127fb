// What the compartments hold: one value has one content.
#include "vault/keyring/device_keys.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

using namespace muniment;

namespace {

template <class Keys>
void check(ByteView content) {
  try {
    const std::optional<Keys> keys = decode_keys<Keys>(content);
    VAULT_ASSERT(!keys || equal(encode_keys(*keys).view(), content));
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::unsupported);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Padded as a content is, so that not every input is refused for its length.
  constexpr std::size_t content_class = 1024;
  Bytes content((size / content_class + 1) * content_class);
  std::ranges::copy(std::as_bytes(std::span(data, size)), content.begin());
  check<ServiceKeys>(content);
  check<ReadingKeys>(content);
  return 0;
}
