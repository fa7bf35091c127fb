#include "vault/pack/draft.hpp"

#include "vault/base/assert.hpp"

namespace muniment {

PackDraft::PackDraft(Suite suite, std::shared_ptr<const Batch> batch)
    : x_suite(suite), x_payloads(room()) {
  x_table.batch = std::move(batch);
}

std::size_t PackDraft::room() const noexcept {
  return pack_room({.suite = x_suite, .size_class = PackClass::mib16});
}

std::size_t PackDraft::table_bytes() const noexcept {
  return pack_format::codec_count_bytes + x_table.codecs.size() * pack_format::codec_bytes +
         x_table.frames.size() * pack_format::entry_bytes +
         (x_table.batch ? pack_format::batch_key_bytes : 0);
}

std::size_t PackDraft::used() const noexcept {
  return x_payload_bytes + x_table.frames.size() * tag_bytes(x_suite) + table_bytes();
}

std::size_t PackDraft::add(const Frame& frame, std::size_t placed) {
  VAULT_ASSERT(placed < frame.payload.size() && (placed == 0 || empty()));
  VAULT_ASSERT(frame.payload.size() <= frame.plain_bytes &&
               frame.plain_bytes <= limits::chunk_bytes_max);
  VAULT_ASSERT(frame.codec.kind != CodecKind::raw || frame.payload.size() == frame.plain_bytes);

  const auto codec = std::ranges::find(x_table.codecs, frame.codec);
  const auto codec_index = static_cast<std::size_t>(codec - x_table.codecs.begin());
  const bool new_codec = codec == x_table.codecs.end();
  if (codec_index == pack_format::codecs_max) return 0;
  const std::size_t overhead =
      tag_bytes(x_suite) + pack_format::entry_bytes + (new_codec ? pack_format::codec_bytes : 0);
  if (used() + overhead >= room()) return 0;

  const ByteView rest = frame.payload.subspan(placed);
  const ByteView taken = rest.first(std::min(rest.size(), room() - used() - overhead));
  VAULT_ASSERT(placed == 0 || taken.size() == rest.size());
  if (new_codec) x_table.codecs.push_back(frame.codec);
  x_table.frames.push_back({.type = frame.type,
                            .codec = static_cast<std::uint8_t>(codec_index),
                            .chunk = frame.chunk,
                            .plain_bytes = frame.plain_bytes,
                            .stored_bytes = static_cast<std::uint32_t>(taken.size())});
  // std::ranges::copy moves std::byte one at a time.
  std::memcpy(x_payloads.data() + x_payload_bytes, taken.data(), taken.size());
  x_payload_bytes += taken.size();
  const bool whole = taken.size() == frame.payload.size();
  if (whole && frame.type == FrameType::dictionary) x_dictionaries.push_back(frame.chunk);
  if (placed > 0) x_first_part_offset = static_cast<std::uint32_t>(placed);
  x_last_part_remaining = static_cast<std::uint32_t>(rest.size() - taken.size());
  return taken.size();
}

bool PackDraft::has_dictionary(const ChunkId& id) const noexcept {
  return std::ranges::find(x_dictionaries, id) != x_dictionaries.end();
}

void PackDraft::clear() noexcept {
  x_dictionaries.clear();
  x_table.codecs.clear();
  x_table.frames.clear();
  x_payload_bytes = 0;
  x_first_part_offset = 0;
  x_last_part_remaining = 0;
}

PackForm PackDraft::form() const noexcept {
  PackForm form{.suite = x_suite, .size_class = PackClass::mib16};
  for (const PackClass size_class : pack_classes) {
    form.size_class = size_class;
    if (used() <= pack_room(form)) break;
  }
  return form;
}

PackHead PackDraft::head() const noexcept {
  const std::size_t frames = x_table.frames.size();
  const std::size_t table_offset =
      frames_offset(x_suite) + x_payload_bytes + frames * tag_bytes(x_suite);
  return {.frame_count = static_cast<std::uint32_t>(frames),
          .table_offset = static_cast<std::uint32_t>(table_offset),
          .table_bytes = static_cast<std::uint32_t>(table_bytes()),
          .first_part_offset = x_first_part_offset,
          .last_part_remaining = x_last_part_remaining};
}

}  // namespace muniment
