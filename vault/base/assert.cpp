#include "vault/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace muniment::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "muniment: bug: %s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace muniment::detail
