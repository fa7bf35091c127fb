#include "vault/snapshot/reader.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/chunk_reader.hpp"

namespace muniment {

namespace {

// One for each thread that a restore may have.
constexpr std::size_t buffers_kept = 8;

// What the chunk reader says of a pack, as it concerns this file.
[[noreturn]] void throw_for(const std::string& object, const Error& error) {
  throw Error(error.code(), object + ": " + error.what(), error.hint());
}

}  // namespace

Reader::Reader(std::string name, SnapshotIndex index, std::shared_ptr<ChunkReader> chunks,
               std::shared_ptr<AccessPermit> permit, std::shared_ptr<const Batch> batch)
    : x_name(std::move(name)),
      x_index(std::move(index)),
      x_chunks(std::move(chunks)),
      x_permit(std::move(permit)),
      x_batch(std::move(batch)),
      x_buffers(buffers_kept) {
  VAULT_ASSERT(x_permit != nullptr);
}

Reader::~Reader() = default;

std::vector<Entry> Reader::entries(const ManifestChunk& piece) const {
  const std::string object = x_name + ": list of files";
  try {
    ChunkBuffer buffer;
    const ReadChunk chunk = x_chunks->read(piece.chunk.id, piece.chunk.length, buffer);
    auto decoded = decode_entries(chunk.plaintext);
    const bool in_place = decoded && decoded->front().path == piece.first_path &&
                          (is_last(piece) || decoded->back().path < (&piece + 1)->first_path);
    if (in_place) return std::move(*decoded);
  } catch (const Error& error) {
    throw_for(object, error);
  }
  throw Error(ErrorCode::damaged, object + ": intact, but not well-formed",
              "it was written by a faulty program: tell the device that made the snapshot");
}

const ManifestChunk* Reader::piece_of(std::string_view path) const {
  const auto after = std::ranges::upper_bound(
      x_index.manifest, path, {},
      [](const ManifestChunk& piece) -> std::string_view { return piece.first_path; });
  if (x_index.manifest.empty()) return nullptr;
  return &*(after == x_index.manifest.begin() ? after : std::prev(after));
}

std::optional<Entry> Reader::find(std::string_view path) const {
  const ManifestChunk* const at = piece_of(path);
  if (at == nullptr) return std::nullopt;
  const std::vector<Entry> piece = entries(*at);
  const Entry* const found = find_entry(piece, path);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void Reader::visit(std::string_view path, const std::function<bool(const Entry&)>& visitor) const {
  std::string prefix;
  if (!path.empty()) {
    const std::optional<Entry> top = find(path);
    if (!top) {
      throw Error(ErrorCode::not_found, x_name + ":" + escape(path) + ": there is no such path",
                  "'muniment ls " + x_name + "' lists what there is");
    }
    if (!visitor(*top) || top->kind != EntryKind::directory) return;
    // Between a folder and its contents others may stand: "a", "a.txt", "a/b".
    prefix = std::string(path) + '/';
  }
  const ManifestChunk* const first = piece_of(prefix);
  if (first == nullptr) return;
  for (const ManifestChunk& piece : std::span(first, &x_index.manifest.back() + 1)) {
    for (const Entry& entry : entries(piece)) {
      if (entry.path < prefix) continue;
      if (!entry.path.starts_with(prefix) || !visitor(entry)) return;
    }
  }
}

void Reader::visit_chunks(const Entry& entry, ChunkBuffer& buffer,
                          const std::function<bool(const ChunkRef&)>& visitor) const {
  if (!std::ranges::all_of(entry.chunks, visitor)) return;
  for (const ChunkRef& list : entry.chunk_lists) {
    const auto refs = decode_chunk_list(x_chunks->read(list.id, list.length, buffer).plaintext);
    if (!refs) throw Error(ErrorCode::damaged, "its list of chunks is not well-formed");
    if (!std::ranges::all_of(*refs, visitor)) return;
  }
}

void Reader::read(const Entry& entry, const std::function<void(ByteView)>& sink) const {
  x_permit->count(1, entry.size);
  if (entry.size == 0) return;
  ChunkBuffer buffer = x_buffers.take();
  try {
    if (entry.chunks.empty() && entry.chunk_lists.empty()) {
      const auto length = static_cast<std::uint32_t>(entry.size);
      sink(x_chunks->read(entry.sha256, length, buffer, x_batch.get()).plaintext);
    } else {
      Sha256 whole;
      std::uint64_t size = 0;
      visit_chunks(entry, buffer, [&](const ChunkRef& ref) {
        const ReadChunk chunk = x_chunks->read(ref.id, ref.length, buffer);
        whole.update(chunk.plaintext);
        size += ref.length;
        sink(chunk.plaintext);
        return true;
      });
      if (size != entry.size || whole.finish() != entry.sha256) {
        throw Error(ErrorCode::damaged, "its bytes are not those that were taken in");
      }
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    x_permit->note_partly();
    throw_for(x_name + ":" + escape(entry.path), error);
  }
  x_buffers.give(std::move(buffer));
}

bool Reader::matches(const Entry& entry) const {
  ChunkBuffer buffer = x_buffers.take();
  Sha256 whole;
  std::uint64_t size = 0;
  try {
    visit_chunks(entry, buffer, [&](const ChunkRef& ref) {
      const auto plaintext = x_chunks->look(ref.id, ref.length, buffer);
      if (!plaintext) return false;
      whole.update(*plaintext);
      size += ref.length;
      return true;
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return false;
  }
  x_buffers.give(std::move(buffer));
  return size == entry.size && whole.finish() == entry.sha256;
}

const Entry* find_entry(std::span<const Entry> entries, std::string_view path) {
  const auto found = std::ranges::lower_bound(
      entries, path, {}, [](const Entry& entry) -> std::string_view { return entry.path; });
  return found == entries.end() || found->path != path ? nullptr : &*found;
}

std::unique_ptr<Reader> open_snapshot(std::string name, const ChunkId& index,
                                      std::shared_ptr<ChunkReader> chunks,
                                      std::shared_ptr<AccessPermit> permit) {
  const std::string object = name + ": index";
  std::optional<SnapshotIndex> decoded;
  std::shared_ptr<const Batch> batch;
  try {
    ChunkBuffer buffer;
    const ReadChunk chunk = chunks->read(index, std::nullopt, buffer);
    decoded = decode_index(chunk.plaintext);
    batch = chunk.batch;
  } catch (const Error& error) {
    throw_for(object, error);
  }
  if (!decoded) {
    throw Error(ErrorCode::damaged, object + ": intact, but not well-formed",
                "it was written by a faulty program: tell the device that made the snapshot");
  }
  return std::make_unique<Reader>(std::move(name), std::move(*decoded), std::move(chunks),
                                  std::move(permit), std::move(batch));
}

}  // namespace muniment
