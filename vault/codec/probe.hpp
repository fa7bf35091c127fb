// Whether compressing is worth trying: photographs, video, archives and office files are compressed
// already.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

// What magic_says_compressible looks at; a shorter beginning is fine.
inline constexpr std::size_t magic_bytes_max = 16;

// False if the first bytes of a file are those of a format that is compressed inside: JPEG (2000,
// XL), PNG, GIF, WebP, HEIC, AVIF, MP4, Matroska, AVI, ASF, MP3, AAC, Ogg, FLAC, zip (so OOXML,
// ODF, EPUB), gzip, xz, zstd, lz4, bzip2, 7z, RAR. Such files are stored raw; the others are
// sampled.
[[nodiscard]] bool magic_says_compressible(ByteView beginning) noexcept;

// Estimates from the byte statistics of at most eight samples of 4 KiB whether zstd would save at
// least 3 % of a chunk (borg's `auto` draws the line there too). Bytes that look random but repeat
// are missed. Costs little beside hashing the chunk. A guess either way: store what compressing
// made larger raw.
[[nodiscard]] bool sample_says_compressible(ByteView chunk);

}  // namespace muniment
