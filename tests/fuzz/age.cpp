// An age file as anybody may send one; then the same bytes as the payload of a header that is
// right.
#include "vault/keyring/age.hpp"

#include "vault/base/assert.hpp"
#include "vault/crypto/kdf.hpp"
#include "vault/crypto/keys.hpp"

using namespace muniment;

namespace {

constexpr std::size_t file_key_bytes = 16;

AgeHeader header_around(ByteView payload, ByteView file_key) {
  AgeHeader header;
  header.authenticated = as_bytes("---");
  const SecretBytes mac_key = hkdf_sha256(file_key, {}, as_bytes("header"), 32);
  const SecretBytes mac = hmac_sha256(mac_key.view(), header.authenticated);
  header.mac.assign(mac.view().begin(), mac.view().end());
  header.payload_nonce = file_key;
  header.payload = payload;
  return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SystemRandom random;
  static const ReadingSecretKey key = ReadingSecretKey::generate(random);
  const ByteView input = std::as_bytes(std::span(data, size));

  const std::optional<AgeHeader> header = parse_age_header(input);
  if (header) {
    VAULT_ASSERT(!header->stanzas.empty() && header->mac.size() == 32);
    VAULT_ASSERT(header->payload.data() + header->payload.size() == input.data() + input.size());
  }
  const auto opened = age_decrypt(key, input);
  VAULT_ASSERT(std::holds_alternative<AgeRefusal>(opened));
  VAULT_ASSERT((std::get<AgeRefusal>(opened) == AgeRefusal::header) || header);

  const Bytes file_key(file_key_bytes);
  const auto payload = age_decrypt(header_around(input, file_key), file_key);
  VAULT_ASSERT(std::holds_alternative<AgeRefusal>(payload));
  return 0;
}
