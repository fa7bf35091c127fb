// The program munimentd as a child of this one: what speaks to the network is not linked into the
// command line.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "vault/base/activity.hpp"

namespace muniment {

// Beside this program, else the name alone, which is looked for in $PATH.
[[nodiscard]] std::filesystem::path munimentd_path();

// Runs it with these arguments, none of which may be secret, hands on each line that it says, and
// returns its exit code when it has ended. When `activity` is to stop it is told to end, and does
// so in good order. Error(io) if it cannot be run, or was killed.
[[nodiscard]] int run_munimentd(std::vector<std::string> arguments, const Activity& activity,
                                const std::function<void(std::string_view)>& said);

}  // namespace muniment
