// Content-defined chunking: where to cut a file so that an insertion moves only the cuts near it.
//
// FastCDC (Xia et al., USENIX ATC 2016) with a gear hash whose 64-bit table is derived from
// K_chunk, so that two collections cut the same file differently. FORMAT.md beside this file fixes
// the cut rule bit by bit; golden vectors hold it still.
#pragma once

#include <array>

#include "vault/base/limits.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

// The 256 secret words of one collection's chunker. Derived once, shared by threads.
using GearTable = std::array<std::uint64_t, 256>;

[[nodiscard]] GearTable derive_gear_table(const ChunkerKey& key);

// The length of the first chunk of `data`, which is the rest of the file or at least
// limits::chunk_bytes_max bytes of it. Between chunk_bytes_min and chunk_bytes_max, but for a
// file's end.
[[nodiscard]] std::size_t find_cut(const GearTable& table, ByteView data) noexcept;

}  // namespace muniment
