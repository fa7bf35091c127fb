// One exception for every operation that cannot go on. What a caller is expected to branch on is a
// std::optional or an enum instead; our own bugs are VAULT_ASSERT.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace muniment {

// Named after the remedy, since that is what the reader of the message has to choose.
enum class ErrorCode {
  usage,        // the request itself makes no sense: ask differently
  no_vault,     // no vault there: init, or name the right directory
  not_found,    // the vault is fine, but holds no such thing
  exists,       // it is already there, and is not replaced
  wrong_key,    // the passphrase, key file or recovery words do not open it
  denied,       // this device has no grant: ask a custodian
  busy,         // another process holds it: wait
  damaged,      // stored bytes are not what was stored: repair, or fetch from a partner
  unsupported,  // written by another version: update
  limit,        // larger than a documented limit
  io,           // the operating system refused: its reason is in the message
  interrupted,  // the user asked to stop
};

// `what()` names the object and the cause in lower case and without a full stop; `hint()` is the
// next step, empty if there is none to give. Neither ever holds a secret.
class Error final : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), x_code(code), x_hint(std::move(hint)) {}

  [[nodiscard]] ErrorCode code() const noexcept { return x_code; }
  [[nodiscard]] const std::string& hint() const noexcept { return x_hint; }

 private:
  ErrorCode x_code;
  std::string x_hint;
};

// An io error with the text of `error_number` (an errno): `<object>: <action>: <reason>`.
[[nodiscard]] Error io_error(std::string_view object, std::string_view action, int error_number);

}  // namespace muniment
