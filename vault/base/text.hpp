// Paths and names as people see them. File names inside a corpus are bytes; what is printed is
// text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muniment {

// True if `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// `bytes` for a terminal or a message: printable UTF-8 stands as it is; backslashes, control
// characters (C0, DEL, C1, line separators, bidirectional controls) and invalid bytes become \\,
// \n, \r, \t, \xNN or \u{NNNN}. Different bytes stay different.
[[nodiscard]] std::string escape(std::string_view bytes);

// Powers of ten as restic prints them: "999 B", "1.95 GB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace muniment
