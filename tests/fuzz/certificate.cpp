// Certificates, recovery recipients, revocations, forks, and the entries that carry them, print as
// they came.
#include "vault/consortium/certificate.hpp"

#include "vault/base/assert.hpp"
#include "vault/consortium/fork.hpp"
#include "vault/consortium/revocation.hpp"

using namespace muniment;

namespace {

template <class Decode>
void check(std::string_view text, Decode decode) {
  const auto value = decode(text);
  VAULT_ASSERT(!value || encode(*value) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  check(text, decode_certificate);
  check(text, decode_device_entry);
  check(text, decode_recovery_recipient);
  check(text, decode_recovery_entry);
  check(text, decode_recovered_entry);
  check(text, decode_fork_entry);
  check(text, decode_revocation);
  check(text, decode_revocation_entry);
  const auto name = decode_device_name(text);
  VAULT_ASSERT(!name || encode_device_name(*name) == text);
  return 0;
}
