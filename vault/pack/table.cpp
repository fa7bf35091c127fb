#include "vault/pack/table.hpp"

#include "vault/base/cursor.hpp"

namespace muniment {

namespace {

constexpr std::size_t head_reserved_bytes = 12;

void encode_codec(ByteWriter& writer, const Codec& codec) {
  writer.u8(static_cast<std::uint8_t>(codec.kind));
  writer.u8(static_cast<std::uint8_t>(codec.level));
  writer.u16(0);
  writer.u32(codec.zstd_version);
  writer.raw(codec.dictionary.view());
}

Codec decode_codec(ByteReader& reader) {
  Codec codec;
  const std::uint8_t kind = reader.u8();
  codec.level = static_cast<std::int8_t>(reader.u8());
  reader.expect_zeros(2);
  codec.zstd_version = reader.u32();
  codec.dictionary = reader.fixed<ChunkId>();
  if (kind == static_cast<std::uint8_t>(CodecKind::zstd) && codec.zstd_version != 0) {
    codec.kind = CodecKind::zstd;
  } else if (kind != static_cast<std::uint8_t>(CodecKind::raw) || codec != Codec{}) {
    reader.fail();
  }
  return codec;
}

void encode_entry(ByteWriter& writer, const FrameEntry& entry) {
  writer.u8(static_cast<std::uint8_t>(entry.type));
  writer.u8(entry.codec);
  writer.raw(entry.chunk.view());
  writer.u32(entry.plain_bytes);
  writer.u32(entry.stored_bytes);
}

FrameEntry decode_entry(ByteReader& reader) {
  const std::uint8_t type = reader.u8();
  if (type < static_cast<std::uint8_t>(FrameType::data) ||
      type > static_cast<std::uint8_t>(FrameType::derivative)) {
    reader.fail();
  }
  FrameEntry entry;
  entry.type = static_cast<FrameType>(type);
  entry.codec = reader.u8();
  entry.chunk = reader.fixed<ChunkId>();
  entry.plain_bytes = reader.u32();
  entry.stored_bytes = reader.u32();
  return entry;
}

// Whether the lengths of a frame and its parts can be those of one chunk.
bool lengths_agree(const FrameEntry& entry, CodecKind kind, const FramePart& part) noexcept {
  const std::uint64_t payload = std::uint64_t{part.before} + entry.stored_bytes + part.after;
  return entry.stored_bytes > 0 && entry.plain_bytes <= limits::chunk_bytes_max &&
         (kind == CodecKind::raw ? payload == entry.plain_bytes : payload <= entry.plain_bytes);
}

// Reads a table's codecs; the reader fails unless they are distinct.
std::vector<Codec> decode_codecs(ByteReader& reader) {
  const std::size_t count = reader.u16();
  std::vector<Codec> codecs;
  if (count == 0 || count > pack_format::codecs_max) reader.fail();
  while (reader.ok() && codecs.size() < count) {
    const Codec codec = decode_codec(reader);
    if (std::ranges::find(codecs, codec) != codecs.end()) reader.fail();
    codecs.push_back(codec);
  }
  return codecs;
}

}  // namespace

FramePart frame_part(const PackHead& head, std::size_t frame) noexcept {
  return {.before = frame == 0 ? head.first_part_offset : 0,
          .after = frame + 1 == head.frame_count ? head.last_part_remaining : 0};
}

bool operator==(const PackTable& a, const PackTable& b) noexcept {
  const bool same_batch = a.batch && b.batch
                              ? equal_constant_time(a.batch->key.view(), b.batch->key.view())
                              : a.batch == b.batch;
  return same_batch && a.codecs == b.codecs && a.frames == b.frames;
}

Bytes encode_head(const PackHead& head) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u32(head.frame_count);
  writer.u32(head.table_offset);
  writer.u32(head.table_bytes);
  writer.u32(head.first_part_offset);
  writer.u32(head.last_part_remaining);
  writer.zeros(head_reserved_bytes);
  return bytes;
}

std::optional<PackHead> decode_head(ByteView plaintext, const PackForm& form) {
  ByteReader reader(plaintext);
  PackHead head;
  head.frame_count = reader.u32();
  head.table_offset = reader.u32();
  head.table_bytes = reader.u32();
  head.first_part_offset = reader.u32();
  head.last_part_remaining = reader.u32();
  reader.expect_zeros(head_reserved_bytes);
  if (!reader.done()) return std::nullopt;

  const std::uint64_t tag = tag_bytes(form.suite);
  const std::uint64_t frames_begin = frames_offset(form.suite);
  const std::uint64_t frames = head.frame_count;
  const std::uint64_t table_min =
      pack_format::codec_count_bytes + pack_format::codec_bytes + frames * pack_format::entry_bytes;
  const bool frames_fit = frames > 0 && head.table_offset >= frames_begin + frames * (tag + 1);
  const bool table_fits =
      head.table_bytes >= table_min &&
      head.table_offset + std::uint64_t{head.table_bytes} <= frames_begin + pack_room(form);
  // Only a full pack ends in a part of a chunk, and no chunk is cut in three.
  const bool parts_fit =
      (head.last_part_remaining == 0 || form.size_class == PackClass::mib16) &&
      (frames > 1 || frame_part(head, 0).before == 0 || frame_part(head, 0).after == 0);
  if (!frames_fit || !table_fits || !parts_fit) return std::nullopt;
  return head;
}

Bytes encode_table(const PackTable& table) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u16(static_cast<std::uint16_t>(table.codecs.size()));
  for (const Codec& codec : table.codecs) encode_codec(writer, codec);
  for (const FrameEntry& entry : table.frames) encode_entry(writer, entry);
  if (table.batch) writer.raw(table.batch->key.view());
  return bytes;
}

std::optional<PackTable> decode_table(ByteView plaintext, const PackHead& head, Suite suite) {
  if (plaintext.size() != head.table_bytes) return std::nullopt;
  ByteReader reader(plaintext);
  PackTable table{.codecs = decode_codecs(reader), .frames = {}, .batch = nullptr};
  const std::size_t entries_bytes = head.frame_count * pack_format::entry_bytes;
  const bool has_batch = reader.remaining() == entries_bytes + pack_format::batch_key_bytes;
  if (!has_batch && reader.remaining() != entries_bytes) return std::nullopt;
  table.frames.reserve(head.frame_count);
  std::size_t codecs_used = 0;
  std::uint64_t end = frames_offset(suite);
  for (std::size_t frame = 0; frame < head.frame_count; ++frame) {
    const FrameEntry entry = decode_entry(reader);
    if (!reader.ok() || entry.codec > codecs_used || entry.codec >= table.codecs.size() ||
        !lengths_agree(entry, table.codecs[entry.codec].kind, frame_part(head, frame))) {
      return std::nullopt;
    }
    codecs_used = std::max<std::size_t>(codecs_used, entry.codec + 1U);
    end += entry.stored_bytes + tag_bytes(suite);
    table.frames.push_back(entry);
  }
  const auto batch_key =
      has_batch ? BatchKey::from_bytes(reader.raw(BatchKey::size)) : std::nullopt;
  if (!reader.done() || codecs_used != table.codecs.size() || end != head.table_offset) {
    return std::nullopt;
  }
  if (batch_key) table.batch = Batch::from(batch_key->clone());
  return table;
}

}  // namespace muniment
