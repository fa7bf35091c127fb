// Files in tests/golden hold a format still: what was written once must be written, and read, for
// ever.
#pragma once

#include <string>

#include "vault/base/bytes.hpp"

namespace muniment::test {

// The bytes of tests/golden/<name>; throws if there is no such file.
[[nodiscard]] Bytes read_golden(const std::string& name);

// True if tests/golden/<name> holds exactly `actual`. With MUNIMENT_UPDATE_GOLDEN=1 in the
// environment it writes the file instead and is true.
[[nodiscard]] bool matches_golden(const std::string& name, ByteView actual);

}  // namespace muniment::test
