// For a test that cannot run here, because what it needs was not given to it.
#pragma once

#include <string_view>

namespace muniment::test {

// Says that the running test case is skipped, and why; scripts/test counts it. The caller then
// returns.
void skip(std::string_view reason);

}  // namespace muniment::test
