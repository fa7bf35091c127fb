// libsodium, initialised. Internal to vault/crypto: nothing else includes it.
#pragma once

#include <sodium.h>

#include "vault/base/assert.hpp"

namespace muniment::detail {

// Picks the processor's fastest code and opens the random generator, once. Every entry point calls
// it before any other function of libsodium. Thread-safe.
inline void init_sodium() noexcept {
  static const int result = sodium_init();
  VAULT_ASSERT(result >= 0);
}

}  // namespace muniment::detail
