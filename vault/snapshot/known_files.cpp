#include "vault/snapshot/known_files.hpp"

#include <algorithm>

#include "vault/base/error.hpp"

namespace muniment {

std::optional<Entry> KnownFiles::find(std::string_view path, std::uint64_t size) {
  try {
    open_piece_of(path);
    const Entry* const found = find_entry(x_entries, path);
    if (found != nullptr && found->size == size && is_stored(*found)) return *found;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  return std::nullopt;
}

void KnownFiles::open_piece_of(std::string_view path) {
  const ManifestChunk* const piece = x_previous.piece_of(path);
  if (piece == x_piece) return;
  x_piece = piece;
  x_entries.clear();
  x_entries = x_previous.entries(*piece);
}

bool KnownFiles::is_stored(const Entry& entry) {
  if (entry.chunks.empty() && entry.chunk_lists.empty()) {
    return x_chunks.is_stored(chunk_id(x_id_key, entry.sha256));
  }
  const auto stored = [&](const ChunkRef& chunk) { return x_chunks.is_stored(chunk.id); };
  bool all = std::ranges::all_of(entry.chunk_lists, stored);
  ChunkBuffer buffer;
  if (all) {
    x_previous.visit_chunks(entry, buffer,
                            [&](const ChunkRef& chunk) { return all = stored(chunk); });
  }
  return all;
}

}  // namespace muniment
