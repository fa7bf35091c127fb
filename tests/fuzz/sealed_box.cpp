// No made-up box opens, and what was sealed comes back.
#include "vault/crypto/sealed_box.hpp"

#include "vault/base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muniment;
  using TestSecretKey = KemSecretKey<struct TestPurpose>;
  static SystemRandom random;
  static const TestSecretKey key = TestSecretKey::generate(random);
  static const auto recipient = public_key(key);

  const ByteView input = std::as_bytes(std::span(data, size));
  VAULT_ASSERT(!open_box(key, as_bytes("context"), input));
  const auto opened =
      open_box(key, as_bytes("context"), seal_box(recipient, as_bytes("context"), input, random));
  VAULT_ASSERT(opened && equal(*opened, input));
  return 0;
}
