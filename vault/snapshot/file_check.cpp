#include "vault/snapshot/file_check.hpp"

#include <atomic>
#include <mutex>

#include "vault/base/queue.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/content_proof.hpp"
#include "vault/snapshot/stages.hpp"

namespace muniment {

namespace {

constexpr std::size_t batch_files = 64;

struct Finding {
  std::string place;  // what stands behind the snapshot's name
  std::string cause;
};

// By manifest chunk, which several snapshots may share: what is wrong with its files. An entry
// without findings was checked and is whole.
using Findings = std::map<ChunkId, std::vector<Finding>>;

struct FileBatch {
  ChunkId piece;
  std::vector<Entry> files;
};

class SnapshotFileCheck {
 public:
  SnapshotFileCheck(const Reader& reader, ChunkReader& chunks, FileCheck how, Findings& findings,
                    Activity& activity)
      : x_reader(reader),
        x_chunks(chunks),
        x_how(how),
        x_findings(findings),
        x_activity(activity) {}

  // Reads what no snapshot before had. Each file is also given to `each_file`, in path order,
  // unless the list of files itself is damaged; then false is returned.
  bool run(const std::function<void(const Entry&)>& each_file) {
    bool whole = true;
    Stages stages([this] { x_batches.cancel(); });
    for (unsigned i = 0; i < thread_count(0); ++i) stages.start([this] { work(); });
    stages.run([&] {
      for (const ManifestChunk& piece : x_reader.index().manifest) {
        whole = feed(piece, each_file) && whole;
      }
      x_batches.close();
    });
    stages.join();
    return whole;
  }

  [[nodiscard]] std::uint64_t files() const noexcept { return x_files; }

 private:
  bool feed(const ManifestChunk& piece, const std::function<void(const Entry&)>& each_file) {
    const bool fresh = add(piece.chunk.id);
    try {
      FileBatch batch{piece.chunk.id, {}};
      for (Entry& entry : x_reader.entries(piece)) {
        if (entry.kind != EntryKind::file) continue;
        each_file(entry);
        if (!fresh) continue;
        batch.files.push_back(std::move(entry));
        if (batch.files.size() == batch_files) {
          x_batches.push(std::exchange(batch, {piece.chunk.id, {}}));
        }
      }
      if (!batch.files.empty()) x_batches.push(std::move(batch));
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      if (fresh) {
        report(piece.chunk.id, {": files from " + escape(piece.first_path) + " on", error.what()});
      }
      return false;
    }
  }

  void work() {
    while (const auto batch = x_batches.pop()) {
      for (const Entry& entry : batch->files) {
        x_activity.check();
        check(batch->piece, entry);
        x_files.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }

  void check(const ChunkId& piece, const Entry& entry) {
    const bool one_chunk = entry.chunks.empty() && entry.chunk_lists.empty();
    if (x_how == FileCheck::tables && one_chunk) {
      if (entry.size == 0 || x_chunks.holds(entry.sha256, x_reader.batch())) return;
    }
    if (!one_chunk && x_reader.matches(entry)) return;
    try {
      x_reader.read(entry, [](ByteView) {});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      report(piece, {":" + escape(entry.path), error.what()});
    }
  }

  bool add(const ChunkId& piece) {
    const std::lock_guard lock(x_mutex);
    return x_findings.try_emplace(piece).second;
  }

  void report(const ChunkId& piece, Finding finding) {
    const std::lock_guard lock(x_mutex);
    x_findings[piece].push_back(std::move(finding));
  }

  const Reader& x_reader;
  ChunkReader& x_chunks;
  FileCheck x_how;
  Findings& x_findings;
  Activity& x_activity;
  BoundedQueue<FileBatch> x_batches{8};
  std::mutex x_mutex;
  std::atomic<std::uint64_t> x_files{0};
};

// The content root that the snapshot's files give; collects leaves as they come.
class ContentRootCheck {
 public:
  ContentRootCheck(const CheckContext& context, const CollectionAccess& collection,
                   const Reader& reader)
      : x_index(reader.index()),
        x_tree(context.files, context.scratch),
        x_seed_key(snapshot_seed_key(collection, reader)) {}

  void add(const Entry& entry) {
    if (x_seed_key) x_tree.add(content_leaf(*x_seed_key, x_index.nonce, entry));
  }

  // Empty if all is as it should be.
  [[nodiscard]] std::string problem(const Sha256Digest& in_ledger) {
    if (!x_seed_key) return "its index names an epoch that this collection does not have";
    if (x_index.content_root != in_ledger)
      return "its index has another content root than its ledger";
    if (x_tree.finish().root != in_ledger) return "its files do not give its content root";
    return "";
  }

 private:
  const SnapshotIndex& x_index;
  ContentTree x_tree;
  std::optional<SeedKey> x_seed_key;
};

}  // namespace

std::uint64_t check_files(const CheckContext& context, const CheckKeys& keys,
                          const FileCheckOptions& options, const DamagedFile& damaged,
                          Activity& activity) {
  std::uint64_t files = 0;
  Findings findings;
  for (const NamedSnapshot& snapshot : keys.snapshots) {
    const auto access = keys.access.find(snapshot.facts.collection);
    if (access == keys.access.end()) continue;
    const PackAccess pack_access =
        options.how == FileCheck::bytes ? PackAccess::whole : PackAccess::ranges;
    const auto chunks =
        open_chunks(access->second, keys.catalog, context.store, pack_access, activity);
    std::unique_ptr<Reader> reader;
    try {
      reader = open_snapshot(snapshot.name, snapshot.facts.index, chunks, keys.permit);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      damaged(snapshot.name, error.what());
      continue;
    }
    SnapshotFileCheck check(*reader, *chunks, options.how, findings, activity);
    ContentRootCheck root(context, access->second, *reader);
    const bool whole = check.run([&](const Entry& entry) {
      if (options.content_roots) root.add(entry);
    });
    files += check.files();
    for (const ManifestChunk& piece : reader->index().manifest) {
      for (const Finding& finding : findings[piece.chunk.id]) {
        damaged(snapshot.name + finding.place, finding.cause);
      }
    }
    if (!options.content_roots || !whole) continue;
    const std::string problem = root.problem(snapshot.facts.content_root);
    if (!problem.empty()) damaged(snapshot.name, snapshot.name + ": " + problem);
  }
  return files;
}

}  // namespace muniment
