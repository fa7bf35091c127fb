#include "vault/base/core_files.hpp"

#include <sys/prctl.h>

#include "vault/base/sanitizers.hpp"

namespace muniment {

void forbid_core_files() noexcept {
  // The leak sanitizer looks into the process from outside; it forbids core files itself.
  if constexpr (!has_address_sanitizer) ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace muniment
