#include "vault/snapshot/file_check.hpp"

#include <atomic>
#include <mutex>
#include <set>

#include "vault/base/queue.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/stages.hpp"

namespace muniment {

namespace {

constexpr std::size_t batch_files = 64;

class SnapshotFileCheck {
 public:
  using Damaged = std::function<void(std::string, std::string)>;

  SnapshotFileCheck(const Reader& reader, ChunkReader& chunks, FileCheck how,
                    const Damaged& damaged, Activity& activity)
      : x_reader(reader), x_chunks(chunks), x_how(how), x_damaged(damaged), x_activity(activity) {}

  std::uint64_t run(std::set<ChunkId>& seen) {
    Stages stages([this] { x_batches.cancel(); });
    for (unsigned i = 0; i < thread_count(0); ++i) stages.start([this] { work(); });
    stages.run([&] {
      feed(seen);
      x_batches.close();
    });
    stages.join();
    return x_files;
  }

 private:
  void feed(std::set<ChunkId>& seen) {
    for (const ManifestChunk& piece : x_reader.index().manifest) {
      if (!seen.insert(piece.chunk.id).second) continue;
      try {
        std::vector<Entry> batch;
        for (Entry& entry : x_reader.entries(piece)) {
          if (entry.kind != EntryKind::file) continue;
          batch.push_back(std::move(entry));
          if (batch.size() == batch_files && !x_batches.push(std::exchange(batch, {}))) return;
        }
        if (!batch.empty() && !x_batches.push(std::move(batch))) return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        report(x_reader.name() + ": files from " + escape(piece.first_path) + " on", error.what());
      }
    }
  }

  void work() {
    while (const auto batch = x_batches.pop()) {
      for (const Entry& entry : *batch) {
        x_activity.check();
        check(entry);
        x_files.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }

  void check(const Entry& entry) {
    const bool one_chunk = entry.chunks.empty() && entry.chunk_lists.empty();
    if (x_how == FileCheck::tables && one_chunk) {
      if (entry.size == 0 || x_chunks.holds(entry.sha256)) return;
    }
    try {
      x_reader.read(entry, [](ByteView) {});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      report(x_reader.name() + ":" + escape(entry.path), error.what());
    }
  }

  void report(std::string file, std::string cause) {
    const std::lock_guard lock(x_mutex);
    x_damaged(std::move(file), std::move(cause));
  }

  const Reader& x_reader;
  ChunkReader& x_chunks;
  FileCheck x_how;
  const Damaged& x_damaged;
  Activity& x_activity;
  BoundedQueue<std::vector<Entry>> x_batches{8};
  std::mutex x_mutex;
  std::atomic<std::uint64_t> x_files{0};
};

}  // namespace

std::uint64_t check_files(const CheckKeys& keys, const PackStore& store, FileCheck how,
                          const std::function<void(std::string, std::string)>& damaged,
                          Activity& activity) {
  std::uint64_t files = 0;
  std::set<ChunkId> seen;
  for (const NamedSnapshot& snapshot : keys.snapshots) {
    const auto access = keys.access.find(snapshot.facts.collection);
    if (access == keys.access.end()) continue;
    const PackAccess pack_access = how == FileCheck::bytes ? PackAccess::whole : PackAccess::ranges;
    const auto chunks = open_chunks(access->second, keys.catalog, store, pack_access, activity);
    std::unique_ptr<Reader> reader;
    try {
      reader = open_snapshot(snapshot.name, snapshot.facts.index, chunks);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      damaged(snapshot.name, error.what());
      continue;
    }
    files += SnapshotFileCheck(*reader, *chunks, how, damaged, activity).run(seen);
  }
  return files;
}

}  // namespace muniment
