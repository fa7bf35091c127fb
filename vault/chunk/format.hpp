// The constants of FORMAT.md, beside limits::chunk_bytes_min and limits::chunk_bytes_max.
#pragma once

#include <cstdint>
#include <string_view>

#include "vault/base/limits.hpp"

namespace muniment::chunk_format {

inline constexpr std::string_view gear_label = "muniment/gear/v1";

// A byte leaves the 64-bit hash after as many shifts.
inline constexpr std::size_t window_bytes = 64;

// A cut is where these bits of the hash are zero: 22 bits in a chunk shorter than `loose_from`, 18
// after.
inline constexpr std::uint64_t strict_mask = 0xfffffc0000000000;
inline constexpr std::uint64_t loose_mask = 0xffffc00000000000;
inline constexpr std::size_t loose_from = 768 * limits::kib;

}  // namespace muniment::chunk_format
