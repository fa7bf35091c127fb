// The numbers of FORMAT.md beside this file. They are embedded in stored bytes: never change one
// without a new format version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muniment::access_format {

// `access/` holds these, and C2SP's `tile/`.
inline constexpr std::array<std::string_view, 2> log_names{"log", "log.2"};
inline constexpr std::string_view state_name = "state";
inline constexpr std::string_view lock_name = "lock";
inline constexpr std::string_view spool_name = "spool";
inline constexpr std::string_view waiting_name = "waiting";

// The state file. PNG's manner, as everywhere.
inline constexpr std::array<unsigned char, 8> state_magic{0x89, 'M',  'N',  'S',
                                                          '\r', '\n', 0x1a, '\n'};
inline constexpr std::uint16_t state_version = 1;
inline constexpr std::size_t state_head_bytes = 8 + 2 + 6;
inline constexpr std::size_t state_plain_bytes = 8 + 4 + 8 + 32 + 32;
inline constexpr std::size_t state_bytes = state_head_bytes + 32 + state_plain_bytes + 16;

// Records are padded to a multiple of this before they are sealed, so that their length says
// little.
inline constexpr std::size_t padding_multiple = 512;

// A writer's choices, of which a reader knows nothing.
// The log is rotated once it holds two full bundles: opening it never reads more than these.
inline constexpr std::uint64_t rotation_entries = 512;
// Whoever got hold of a ratchet key can follow it to the end of its segment.
inline constexpr std::uint32_t segment_steps_max = 4096;
inline constexpr std::int64_t segment_seconds_max = 86'400;
// Failed unlocks that wait to be folded in; a hundred say as much as a million.
inline constexpr std::size_t spooled_max = 100;
// Records that wait for the next commit; more make one.
inline constexpr std::size_t waiting_max = 100;

}  // namespace muniment::access_format
