// The sealed head and table: which frames a pack holds. FORMAT.md has the offsets.
#pragma once

#include <vector>

#include "vault/base/limits.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/pack/format.hpp"

namespace muniment {

// How a payload was compressed, so that the same bytes can be made again. Default: stored as it is.
struct Codec {
  CodecKind kind = CodecKind::raw;
  std::int8_t level = 0;
  std::uint32_t zstd_version = 0;
  ChunkId dictionary;  // zeros: none

  friend bool operator==(const Codec&, const Codec&) = default;
};

struct FrameEntry {
  FrameType type = FrameType::data;
  std::uint8_t codec = 0;  // index into PackTable::codecs
  ChunkId chunk;
  std::uint32_t plain_bytes = 0;   // of the whole chunk
  std::uint32_t stored_bytes = 0;  // of this frame's payload, without its tag

  friend bool operator==(const FrameEntry&, const FrameEntry&) = default;
};

struct PackTable {
  std::vector<Codec> codecs;  // each used, in the order of first use
  std::vector<FrameEntry> frames;
  // Under whose id key a depositor named the chunks. Null: under the collection's.
  std::shared_ptr<const Batch> batch;

  friend bool operator==(const PackTable& a, const PackTable& b) noexcept;
};

// A chunk that does not fit in what is left of a 16 MiB pack is cut in two: its beginning is the
// last frame of that pack, the rest is the first frame of the next.
struct PackHead {
  std::uint32_t frame_count = 0;
  std::uint32_t table_offset = 0;         // of the sealed table, from the file's beginning
  std::uint32_t table_bytes = 0;          // of its plaintext
  std::uint32_t first_part_offset = 0;    // payload bytes before the first frame's; 0: whole
  std::uint32_t last_part_remaining = 0;  // payload bytes after the last frame's; 0: whole

  friend bool operator==(const PackHead&, const PackHead&) = default;
};

// How much of its chunk's payload comes before a frame's and after it; nothing if it is whole.
struct FramePart {
  std::uint32_t before = 0;
  std::uint32_t after = 0;

  friend bool operator==(const FramePart&, const FramePart&) = default;
};

[[nodiscard]] FramePart frame_part(const PackHead& head, std::size_t frame) noexcept;

// pack_format::head_bytes bytes.
[[nodiscard]] Bytes encode_head(const PackHead& head);
// Empty unless it is exactly a head whose numbers can belong to a pack of this form.
[[nodiscard]] std::optional<PackHead> decode_head(ByteView plaintext, const PackForm& form);

[[nodiscard]] Bytes encode_table(const PackTable& table);
// Empty unless it is exactly a table, and the frames it lists lie one after the other from
// frames_offset(suite) to head.table_offset. `head` must come from decode_head.
[[nodiscard]] std::optional<PackTable> decode_table(ByteView plaintext, const PackHead& head,
                                                    Suite suite);

}  // namespace muniment
