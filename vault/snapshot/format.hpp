// The numbers of FORMAT.md beside this file. They are embedded in stored bytes: never change one
// without a new format version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vault/base/limits.hpp"

namespace muniment::manifest_format {

inline constexpr std::uint16_t index_version = 1;

// Record flags.
inline constexpr std::uint8_t flag_executable = 1U << 0U;
inline constexpr std::uint8_t flag_time = 1U << 1U;
inline constexpr std::uint8_t flag_parts = 1U << 2U;
inline constexpr std::uint8_t flag_chunk_lists = 1U << 3U;
inline constexpr std::uint8_t flags_known = 0x0f;

inline constexpr std::size_t chunk_ref_bytes = 32 + 4;

// A record carries at most this many chunk references (144 KiB); a longer list has chunks of its
// own.
inline constexpr std::size_t inline_chunks_max = 4096;
// References in one chunk-list chunk: 2.25 MiB.
inline constexpr std::size_t listed_chunks_max = 65536;
// Chunk lists of one file: 4096 · 65536 chunks of 1 MiB are 256 TiB.
inline constexpr std::size_t chunk_lists_max = 4096;

inline constexpr std::size_t unknown_fields_bytes_max = 64 * limits::kib;

// A manifest chunk ends after a record that brings it to `piece_bytes_min` or more and whose cut
// hash has these bits clear (one record in 1024), or that brings it to `piece_bytes_max` or more. A
// record is below 300 KiB, so a piece is below 2.3 MiB.
inline constexpr std::size_t piece_bytes_min = 256 * limits::kib;
inline constexpr std::size_t piece_bytes_max = 2 * limits::mib;
inline constexpr std::uint64_t cut_mask = 0x3ff;
inline constexpr char cut_label[] = "muniment/manifest-cut/v1";

}  // namespace muniment::manifest_format
