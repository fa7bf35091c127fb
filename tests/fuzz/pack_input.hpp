// What the targets that read a sealed pack's inside take: suite, class, head, table. Three of the
// head's numbers have to agree with the table that follows, which a fuzzer seldom hits upon, so
// that each table is also read under a head that fits it.
#pragma once

#include <optional>
#include <vector>

#include "vault/base/cursor.hpp"
#include "vault/pack/table.hpp"

namespace muniment::fuzz {

struct PackInput {
  PackForm form;
  ByteView head;  // these two are the plaintexts
  ByteView table;
};

inline std::optional<PackInput> read_pack_input(ByteView input) {
  if (input.size() < 2 + pack_format::head_bytes) return std::nullopt;
  const auto suite = suite_from(std::to_integer<std::uint8_t>(input[0]));
  const auto size_class = pack_class_from(std::to_integer<std::uint8_t>(input[1]));
  if (!suite || !size_class) return std::nullopt;
  return PackInput{.form = {.suite = *suite, .size_class = *size_class},
                   .head = input.subspan(2, pack_format::head_bytes),
                   .table = input.subspan(2 + pack_format::head_bytes)};
}

// The input's own head, but with the counts that follow from what stands in the table.
inline Bytes fitting_head(const PackInput& input) {
  constexpr std::size_t stored_offset = pack_format::entry_bytes - sizeof(FrameEntry::stored_bytes);
  ByteReader table(input.table);
  table.raw(table.u16() * pack_format::codec_bytes);
  PackHead head;
  std::uint64_t end = frames_offset(input.form.suite);
  while (table.remaining() >= pack_format::entry_bytes) {
    table.raw(stored_offset);
    end += table.u32() + tag_bytes(input.form.suite);
    ++head.frame_count;
  }
  head.table_offset = static_cast<std::uint32_t>(end);
  head.table_bytes = static_cast<std::uint32_t>(input.table.size());
  ByteReader parts(input.head.subspan(3 * sizeof(std::uint32_t)));
  head.first_part_offset = parts.u32();
  head.last_part_remaining = parts.u32();
  return encode_head(head);
}

}  // namespace muniment::fuzz
