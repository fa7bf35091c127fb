// What verify and repair found, on stdout.
#pragma once

#include <vector>

#include "cli/session.hpp"

namespace muniment {

// Each object, its cause, what will mend it, and the files that are lost with it.
void write_damage(Terminal& terminal, const std::vector<Damage>& damage);

}  // namespace muniment
