// Completions for shells, made of what the help says.
#pragma once

#include <string>

#include "cli/command_facts.hpp"

namespace muniment {

// Scripts for the program's own commands and options. They ask a vault for its names only where a
// key file is set in the environment, since nothing else answers without a question.
[[nodiscard]] std::string bash_completion(const CommandFacts& top);
[[nodiscard]] std::string zsh_completion(const CommandFacts& top);
[[nodiscard]] std::string fish_completion(const CommandFacts& top);

}  // namespace muniment
