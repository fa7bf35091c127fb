// VAULT_ASSERT checks what only our own bug can break; it is on in release and aborts. Never for
// bytes from a peer, a disk or a user: those get an Error.
#pragma once

namespace muniment::detail {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace muniment::detail

#define VAULT_ASSERT(expression) \
  ((expression) ? void(0) : ::muniment::detail::assertion_failed(#expression, __FILE__, __LINE__))
