// How far witnesses vouch for logs, in words and as JSON.
#pragma once

#include <span>

#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "vault/vault.hpp"

namespace muniment {

// "witnessed 5/13".
[[nodiscard]] std::string witnessed_text(const WitnessStanding& standing);

// "access log of bbc/desk: witnessed 5/13 up to entry 812 of 830"; and what is missing, if it is.
[[nodiscard]] std::string witnesses_line(const LogWitnesses& log);

[[nodiscard]] Json to_json(const WitnessStanding& standing);
[[nodiscard]] Json to_json(const LogWitnesses& log);

// A line for each of this device's logs; below the quorum it is a warning. Nothing where the
// charter has no other witness.
void say_witnesses(Terminal& terminal, std::span<const LogWitnesses> logs);

}  // namespace muniment
