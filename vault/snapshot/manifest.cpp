#include "vault/snapshot/manifest.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/format.hpp"

namespace muniment {

namespace {

namespace format = manifest_format;

void write_refs(ByteWriter& writer, std::span<const ChunkRef> refs) {
  for (const ChunkRef& ref : refs) {
    writer.raw(ref.id.view());
    writer.u32(ref.length);
  }
}

// Checks the count against what is there before anything is allocated.
std::vector<ChunkRef> read_refs(ByteReader& reader, std::size_t count) {
  if (count > reader.remaining() / format::chunk_ref_bytes) {
    reader.fail();
    return {};
  }
  std::vector<ChunkRef> refs;
  refs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = reader.fixed<ChunkId>();
    const std::uint32_t length = reader.u32();
    if (length == 0 || length > limits::chunk_bytes_max) reader.fail();
    refs.push_back({id, length});
  }
  return refs;
}

std::string read_string(ByteReader& reader, std::size_t size) {
  return std::string(as_text(reader.raw(size)));
}

// A path that a snapshot may hold: relative, no empty, "." or ".." component, no NUL.
bool valid_path(std::string_view path) {
  if (path.empty() || path.size() > limits::path_bytes_max) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == path.size()) return true;
    begin = end + 1;
  }
}

std::uint64_t total_length(std::span<const ChunkRef> chunks) {
  std::uint64_t total = 0;
  for (const ChunkRef& chunk : chunks) total += chunk.length;
  return total;
}

void encode_file(const Entry& entry, ByteWriter& writer) {
  writer.u64(entry.size);
  writer.raw(entry.sha256.view());
  const auto& refs = entry.chunk_lists.empty() ? entry.chunks : entry.chunk_lists;
  writer.u32(static_cast<std::uint32_t>(refs.size()));
  write_refs(writer, refs);
  if (entry.parts) writer.raw(entry.parts->view());
}

void decode_file(ByteReader& reader, std::uint8_t flags, Entry& entry) {
  entry.executable = (flags & format::flag_executable) != 0;
  entry.size = reader.u64();
  entry.sha256 = reader.fixed<Sha256Digest>();
  const std::uint32_t count = reader.u32();
  if ((flags & format::flag_chunk_lists) != 0) {
    entry.chunk_lists = read_refs(reader, count);
    if (count == 0 || count > format::chunk_lists_max) reader.fail();
  } else {
    entry.chunks = read_refs(reader, count);
    const bool one_chunk = count == 0 && entry.size <= limits::chunk_bytes_max;
    const bool several = count >= 2 && count <= format::inline_chunks_max &&
                         total_length(entry.chunks) == entry.size;
    if (!one_chunk && !several) reader.fail();
  }
  if ((flags & format::flag_parts) != 0) entry.parts = reader.fixed<Sha256Digest>();
}

void decode_unknown(ByteReader& reader, Entry& entry) {
  if (reader.remaining() > format::unknown_fields_bytes_max) reader.fail();
  while (reader.ok() && reader.remaining() > 0) {
    UnknownField field;
    field.tag = reader.u16();
    if (!entry.unknown.empty() && entry.unknown.back().tag >= field.tag) reader.fail();
    const std::uint32_t size = reader.u32();
    const ByteView value = reader.raw(size);
    field.value.assign(value.begin(), value.end());
    entry.unknown.push_back(std::move(field));
  }
}

std::optional<Entry> decode_record(ByteView record) {
  ByteReader reader(record);
  Entry entry;
  const std::uint8_t kind = reader.u8();
  const std::uint8_t flags = reader.u8();
  if (kind < 1 || kind > 3 || (flags & ~format::flags_known) != 0) return std::nullopt;
  entry.kind = EntryKind{kind};
  const std::uint8_t file_flags =
      format::flag_executable | format::flag_parts | format::flag_chunk_lists;
  if (entry.kind != EntryKind::file && (flags & file_flags) != 0) return std::nullopt;

  entry.path = read_string(reader, reader.u16());
  if (!valid_path(entry.path)) return std::nullopt;
  if (entry.kind == EntryKind::symlink) {
    entry.link_target = read_string(reader, reader.u16());
    if (entry.link_target.empty() || entry.link_target.size() > limits::path_bytes_max ||
        entry.link_target.find('\0') != std::string::npos) {
      return std::nullopt;
    }
  }
  if ((flags & format::flag_time) != 0) {
    entry.time = ModificationTime{reader.i64(), reader.u32()};
    if (entry.time->nanoseconds >= 1'000'000'000) return std::nullopt;
  }
  if (entry.kind == EntryKind::file) decode_file(reader, flags, entry);
  decode_unknown(reader, entry);
  if (!reader.done()) return std::nullopt;
  return entry;
}

}  // namespace

void encode_entry(const Entry& entry, Bytes& target) {
  VAULT_ASSERT(valid_path(entry.path));
  VAULT_ASSERT(entry.chunks.size() <= format::inline_chunks_max);
  std::uint8_t flags = 0;
  if (entry.executable) flags |= format::flag_executable;
  if (entry.time) flags |= format::flag_time;
  if (entry.parts) flags |= format::flag_parts;
  if (!entry.chunk_lists.empty()) flags |= format::flag_chunk_lists;

  const std::size_t start = target.size();
  ByteWriter writer(target);
  writer.u32(0);
  writer.u8(static_cast<std::uint8_t>(entry.kind));
  writer.u8(flags);
  writer.u16(static_cast<std::uint16_t>(entry.path.size()));
  writer.raw(as_bytes(entry.path));
  if (entry.kind == EntryKind::symlink) {
    writer.u16(static_cast<std::uint16_t>(entry.link_target.size()));
    writer.raw(as_bytes(entry.link_target));
  }
  if (entry.time) {
    writer.i64(entry.time->seconds);
    writer.u32(entry.time->nanoseconds);
  }
  if (entry.kind == EntryKind::file) encode_file(entry, writer);
  for (const UnknownField& field : entry.unknown) {
    writer.u16(field.tag);
    writer.u32(static_cast<std::uint32_t>(field.value.size()));
    writer.raw(field.value);
  }

  Bytes length;
  ByteWriter(length).u32(static_cast<std::uint32_t>(target.size() - start - 4));
  std::ranges::copy(length, target.begin() + static_cast<std::ptrdiff_t>(start));
}

std::optional<std::vector<Entry>> decode_entries(ByteView chunk) {
  ByteReader reader(chunk);
  std::vector<Entry> entries;
  while (reader.ok() && reader.remaining() > 0) {
    std::optional<Entry> entry = decode_record(reader.raw(reader.u32()));
    if (!entry) return std::nullopt;
    if (!entries.empty() && entries.back().path >= entry->path) return std::nullopt;
    entries.push_back(std::move(*entry));
  }
  if (!reader.done() || entries.empty()) return std::nullopt;
  return entries;
}

Bytes encode_chunk_list(std::span<const ChunkRef> chunks) {
  VAULT_ASSERT(!chunks.empty() && chunks.size() <= format::listed_chunks_max);
  Bytes bytes;
  bytes.reserve(chunks.size() * format::chunk_ref_bytes);
  ByteWriter writer(bytes);
  write_refs(writer, chunks);
  return bytes;
}

std::optional<std::vector<ChunkRef>> decode_chunk_list(ByteView bytes) {
  ByteReader reader(bytes);
  const std::size_t count = bytes.size() / format::chunk_ref_bytes;
  if (count == 0 || count > format::listed_chunks_max) return std::nullopt;
  std::vector<ChunkRef> refs = read_refs(reader, count);
  if (!reader.done()) return std::nullopt;
  return refs;
}

bool is_valid(const About& about) noexcept {
  constexpr std::size_t longest = 0xffff;
  return about.size() <= longest && std::ranges::all_of(about, [](const auto& item) {
           const auto& [key, value] = item;
           return !key.empty() && key.size() <= longest && value.size() <= longest &&
                  is_utf8(key) && is_utf8(value);
         });
}

Bytes encode_index(const SnapshotIndex& index) {
  VAULT_ASSERT(is_valid(index.about));
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u16(format::index_version);
  writer.raw(index.nonce.view());
  writer.raw(index.previous.view());
  writer.u32(index.charter);
  writer.raw(index.epoch.view());
  writer.raw(index.content_root.view());
  writer.u64(index.files);
  writer.u64(index.directories);
  writer.u64(index.links);
  writer.u64(index.bytes);
  writer.i64(index.created);
  writer.u16(static_cast<std::uint16_t>(index.about.size()));
  for (const auto& [key, value] : index.about) {
    writer.u16(static_cast<std::uint16_t>(key.size()));
    writer.raw(as_bytes(key));
    writer.u16(static_cast<std::uint16_t>(value.size()));
    writer.raw(as_bytes(value));
  }
  writer.u32(static_cast<std::uint32_t>(index.manifest.size()));
  for (const ManifestChunk& piece : index.manifest) {
    write_refs(writer, {&piece.chunk, 1});
    writer.u16(static_cast<std::uint16_t>(piece.first_path.size()));
    writer.raw(as_bytes(piece.first_path));
  }
  if (bytes.size() > limits::chunk_bytes_max) {
    throw Error(ErrorCode::limit, "snapshot: its index is larger than 4 MiB",
                "ingest the folder in several parts");
  }
  return bytes;
}

std::optional<SnapshotIndex> decode_index(ByteView bytes) {
  ByteReader reader(bytes);
  SnapshotIndex index;
  if (reader.u16() != format::index_version) return std::nullopt;
  index.nonce = reader.fixed<SnapshotNonce>();
  index.previous = reader.fixed<Sha256Digest>();
  index.charter = reader.u32();
  index.epoch = reader.fixed<EpochCommitment>();
  index.content_root = reader.fixed<Sha256Digest>();
  index.files = reader.u64();
  index.directories = reader.u64();
  index.links = reader.u64();
  index.bytes = reader.u64();
  index.created = reader.i64();

  for (unsigned left = reader.u16(); reader.ok() && left > 0; --left) {
    std::string key = read_string(reader, reader.u16());
    std::string value = read_string(reader, reader.u16());
    if (!index.about.empty() && index.about.rbegin()->first >= key) return std::nullopt;
    index.about.emplace_hint(index.about.end(), std::move(key), std::move(value));
  }
  for (std::uint32_t left = reader.u32(); reader.ok() && left > 0; --left) {
    std::vector<ChunkRef> ref = read_refs(reader, 1);
    std::string first_path = read_string(reader, reader.u16());
    const bool ascending = index.manifest.empty() || index.manifest.back().first_path < first_path;
    if (!reader.ok() || !valid_path(first_path) || !ascending) return std::nullopt;
    index.manifest.push_back({ref.front(), std::move(first_path)});
  }
  if (!reader.done() || !is_valid(index.about)) return std::nullopt;
  return index;
}

ManifestCutter::ManifestCutter(const ChunkerKey& key) : x_key(key.clone()) {}

bool ManifestCutter::add(const Entry& entry) {
  VAULT_ASSERT(x_last_path < entry.path);
  if (x_records.empty()) x_first_path = entry.path;
  x_last_path = entry.path;
  encode_entry(entry, x_records);
  if (x_records.size() < format::piece_bytes_min) return false;
  if (x_records.size() >= format::piece_bytes_max) return true;
  const auto hash = keyed_hash<FixedBytes<struct CutHashTag, 32>>(
      x_key, {as_bytes(format::cut_label), as_bytes(entry.path)});
  return (hash.prefix() & format::cut_mask) == 0;
}

ManifestCutter::Piece ManifestCutter::take() {
  return {std::exchange(x_records, {}), std::exchange(x_first_path, {})};
}

}  // namespace muniment
