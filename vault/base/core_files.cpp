#include "vault/base/core_files.hpp"

#include <sys/prctl.h>

namespace muniment {

void forbid_core_files() noexcept {
// The leak sanitizer looks into the process from outside; it forbids core files itself.
#if !defined(__SANITIZE_ADDRESS__)
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace muniment
