// What others say of the time of a checkpoint, for people and in JSON.
#pragma once

#include "cli/json.hpp"

namespace muniment {

[[nodiscard]] std::string anchor_line(const Anchored& anchored);
[[nodiscard]] Json to_json(const Anchored& anchored);

}  // namespace muniment
