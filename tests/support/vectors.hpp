// Test vectors of other projects, which are not part of this one: MUNIMENT_VECTORS names their
// folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tests/support/skip.hpp"

namespace muniment::test {

// The folder of these vectors; empty, and the running test said to be skipped, if there is none.
inline std::optional<std::filesystem::path> find_vectors(const std::string& name) {
  const char* folder = std::getenv("MUNIMENT_VECTORS");
  if (folder == nullptr) {
    skip("MUNIMENT_VECTORS is not set");
    return std::nullopt;
  }
  return std::filesystem::path(folder) / name;
}

// The bytes of a file as text; empty if there is no such file.
inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace muniment::test
