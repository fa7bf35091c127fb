// Lists of paths on stdout: escaped lines, or raw bytes for other programs.
#pragma once

#include "cli/terminal.hpp"

namespace muniment {

enum class PathForm {
  escaped,  // a line each
  raw,      // each ended by a NUL byte
};

// raw if `wanted`, but Error(usage) if that would go to a terminal.
[[nodiscard]] PathForm raw_if(bool wanted);

void write_path(Terminal& terminal, std::string_view path, PathForm form);

}  // namespace muniment
