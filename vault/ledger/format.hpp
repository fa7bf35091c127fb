// The numbers of FORMAT.md beside this file. They are embedded in stored bytes: never change one
// without a new format version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vault/base/limits.hpp"

namespace muniment::tail_format {

// Header. PNG's manner: a bit that is stripped, a line end that is converted, both show.
inline constexpr std::array<unsigned char, 8> magic{0x89, 'M', 'N', 'L', '\r', '\n', 0x1a, '\n'};
inline constexpr std::uint16_t version = 1;
inline constexpr std::size_t header_checked_bytes =
    8 + 2 + 6 + 32;  // magic, version, zeros, ledger id
inline constexpr std::size_t checksum_bytes = 16;
inline constexpr std::size_t header_bytes = header_checked_bytes + checksum_bytes;

// Record: length, type, payload, checksum.
inline constexpr std::size_t record_head_bytes = 4 + 1;
inline constexpr std::size_t record_overhead_bytes = record_head_bytes + checksum_bytes;

enum class RecordType : std::uint8_t {
  entry = 1,
  checkpoint = 2,  // a signed note; commits everything before it
  cosigned = 3,    // the note of a checkpoint that is committed already, with more signatures
};

inline constexpr std::size_t entry_record_bytes_max =
    record_overhead_bytes + limits::ledger_entry_bytes_max;
inline constexpr std::size_t record_bytes_max =
    record_overhead_bytes + limits::note_bytes_max;  // notes are the longest payloads

inline constexpr const char* first_copy = "tail";
inline constexpr const char* second_copy = "tail.2";

}  // namespace muniment::tail_format
