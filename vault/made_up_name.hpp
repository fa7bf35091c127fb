// Names that nobody gave: random words, never the user's name or the host's.
#pragma once

#include <string>
#include <string_view>

#include "vault/crypto/random.hpp"

namespace muniment {

// `name`, or two words of a public list if it is empty. Error(usage) if it is no valid name of
// `what` ("member").
[[nodiscard]] std::string name_or_made_up(const std::string& name, std::string_view what,
                                          Random& random);

}  // namespace muniment
