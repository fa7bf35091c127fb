// Every bound that a decoder or a stage of the pipeline keeps, in one place. Formats repeat theirs
// in their FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace muniment::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// Content-defined chunks (DESIGN §4). A file below the minimum is one chunk.
inline constexpr std::size_t chunk_bytes_min = 512 * kib;
inline constexpr std::size_t chunk_bytes_average = 1 * mib;
inline constexpr std::size_t chunk_bytes_max = 4 * mib;

// A path inside a snapshot, and a link's target; what Linux itself allows.
inline constexpr std::size_t path_bytes_max = 4096;

// C2SP tlog-tiles stores an entry behind a 16-bit length.
inline constexpr std::size_t ledger_entry_bytes_max = 65535;

// Signed notes: ours are below 2 KiB; another's may carry many cosignatures.
inline constexpr std::size_t note_bytes_max = 256 * kib;
inline constexpr std::size_t note_signatures_max = 128;

// Pack ids in one `packs` entry: 89 bytes and 73 a pack are 65,497 of the 65,535 above.
inline constexpr std::size_t packs_per_entry_max = 896;

inline constexpr std::size_t keyring_bytes_max = 1 * mib;
inline constexpr std::size_t passphrase_bytes_max = 4096;
inline constexpr std::size_t key_file_bytes_min = 32;
inline constexpr std::size_t key_file_bytes_max = 1 * mib;

}  // namespace muniment::limits
