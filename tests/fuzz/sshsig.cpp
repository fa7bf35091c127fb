// Signatures and public keys of OpenSSH, as blobs and as text: what decodes encodes to the same.
#include "vault/note/sshsig.hpp"

#include "vault/base/assert.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (const auto signature = decode_sshsig(input)) {
    VAULT_ASSERT(equal(encode_sshsig(*signature), input));
    VAULT_ASSERT(sshsig_key_type(input) == ssh_key_type(signature->key.kind));
    VAULT_ASSERT(!ssh_verify(*signature, signature->key, signature->name_space, input));
  }
  if (const auto key = decode_ssh_key(input)) {
    VAULT_ASSERT(equal(encode_ssh_key(*key), input));
    VAULT_ASSERT(ssh_blob_type(input) == ssh_key_type(key->kind));
  }
  const auto key = decode_authorized_key(as_text(input));
  VAULT_ASSERT(!key || encode_authorized_key(*key) == as_text(input));
  const auto blob = dearmor_sshsig(as_text(input));
  VAULT_ASSERT(!blob || armor_sshsig(*blob) == as_text(input));
  (void)sshsig_key_type(input);
  return 0;
}
