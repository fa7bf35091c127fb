// Manual pages in man(7), made of what the help says.
#pragma once

#include <string>

#include "cli/command_facts.hpp"

namespace muniment {

// "muniment-collection-create.1"
[[nodiscard]] std::string man_page_name(const CommandFacts& facts);

// `top` is the program, whose options every command takes, too.
[[nodiscard]] std::string man_page(const CommandFacts& facts, const CommandFacts& top,
                                   const std::string& version);

}  // namespace muniment
