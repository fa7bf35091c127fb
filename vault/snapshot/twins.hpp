// Names that are different bytes and the same text.
#pragma once

#include <string>
#include <string_view>

namespace muniment {

// `name` in Unicode normalisation form C; unchanged if it is not UTF-8 or is ASCII.
[[nodiscard]] std::string normalise_nfc(std::string_view name);

}  // namespace muniment
