#include "vault/snapshot/assembler.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/format.hpp"

namespace muniment {

Assembler::Assembler(ChunkIntake& intake, PackLine& line, ContentTree& tree,
                     const ChunkerKey& chunker_key, Activity& activity)
    : x_intake(intake), x_line(line), x_tree(tree), x_activity(activity), x_cutter(chunker_key) {}

std::optional<unsigned> Assembler::take(WorkedBatch batch) {
  x_waiting.emplace(batch.number, std::move(batch));
  unsigned used = 0;
  for (auto next = x_waiting.find(x_next); next != x_waiting.end(); next = x_waiting.find(x_next)) {
    for (WorkedTask& task : next->second.tasks) complete(task);
    if (x_cancelled) return std::nullopt;
    x_waiting.erase(next);
    ++x_next;
    ++used;
  }
  return used;
}

void Assembler::complete(WorkedTask& task) {
  using Kind = ScanTask::Kind;
  if (task.kind == Kind::file || task.kind == Kind::chunk) add(task.chunk);
  if (task.kind == Kind::chunk) {
    x_chunks.push_back(task.chunk.ref);
    x_activity.bytes_done.fetch_add(task.chunk.ref.length, std::memory_order_relaxed);
    return;
  }
  if (task.kind == Kind::end) attach_chunks(task.entry);
  x_chunks.clear();
  if (task.kind == Kind::skipped) {
    skip(task);
    return;
  }
  note(task);
  if (task.entry.kind == EntryKind::file) {
    ++x_files;
    x_bytes += task.entry.size;
    x_tree.add(*task.leaf);
    x_activity.items_done.fetch_add(1, std::memory_order_relaxed);
    if (task.kind == Kind::file || task.kind == Kind::known) {
      x_activity.bytes_done.fetch_add(task.entry.size, std::memory_order_relaxed);
    }
  } else {
    (task.entry.kind == EntryKind::directory ? x_directories : x_links) += 1;
  }
  if (x_cutter.add(task.entry)) cut_manifest();
}

void Assembler::skip(const WorkedTask& task) {
  x_skipped.push_back(escape(task.entry.path) + ": " + task.problem);
  x_activity.notice("skipped " + x_skipped.back());
}

void Assembler::note(const WorkedTask& task) {
  if (task.hard_linked) ++x_hard_links;
  if (!task.changed) return;
  x_changed.push_back(escape(task.entry.path));
  x_activity.notice(x_changed.back() + ": changed while it was being read; stored as read");
}

void Assembler::attach_chunks(Entry& entry) {
  std::uint64_t size = 0;
  for (const ChunkRef& chunk : x_chunks) size += chunk.length;
  VAULT_ASSERT(size == entry.size);
  if (x_chunks.size() <= manifest_format::inline_chunks_max) {
    entry.chunks = std::move(x_chunks);
    return;
  }
  for (std::span<const ChunkRef> rest(x_chunks); !rest.empty();) {
    const auto list = rest.first(std::min(rest.size(), manifest_format::listed_chunks_max));
    entry.chunk_lists.push_back(store(FrameType::index, encode_chunk_list(list)));
    rest = rest.subspan(list.size());
  }
}

ChunkRef Assembler::store(FrameType type, ByteView plaintext) {
  const TakenChunk taken = x_intake.take(type, plaintext, true);
  add(taken);
  return taken.ref;
}

void Assembler::add(const TakenChunk& chunk) {
  if (!chunk.stored) return;
  x_bytes_new += chunk.ref.length;
  if (!x_line.add(*chunk.stored)) x_cancelled = true;
}

void Assembler::cut_manifest() {
  ManifestCutter::Piece piece = x_cutter.take();
  const ChunkRef ref = store(FrameType::manifest, piece.records);
  x_manifest.push_back({ref, std::move(piece.first_path)});
}

ChunkRef Assembler::finish(SnapshotIndex& index) {
  if (!x_cutter.empty()) cut_manifest();
  index.content_root = x_tree.finish().root;
  index.files = x_files;
  index.directories = x_directories;
  index.links = x_links;
  index.bytes = x_bytes;
  index.manifest = std::move(x_manifest);
  const ChunkRef ref = store(FrameType::index, encode_index(index));
  x_line.finish();
  return ref;
}

void Assembler::count_into(IngestReport& report) {
  report.files = x_files;
  report.directories = x_directories;
  report.links = x_links;
  report.bytes = x_bytes;
  report.bytes_new = x_bytes_new;
  report.hard_links = x_hard_links;
  report.skipped = std::move(x_skipped);
  report.changed = std::move(x_changed);
}

}  // namespace muniment
