// Writing past the page cache, where bytes and file system allow it: what is written once and not
// read again at once need not be copied into it.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

// Writes all of `bytes` into the open file at `offset`; 0, or the errno. They go past the page
// cache if they are at least `direct_bytes_min` bytes and whole pages, in memory and in the file,
// unless the file system refuses that. Any thread, but one at a time for an open file.
[[nodiscard]] int write_all_at(int file, std::uint64_t offset, ByteView bytes,
                               std::size_t direct_bytes_min) noexcept;

}  // namespace muniment
