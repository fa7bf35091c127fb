#include "vault/snapshot/ingest_pipeline.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/snapshot/adopt.hpp"
#include "vault/snapshot/assembler.hpp"
#include "vault/snapshot/file_scan.hpp"
#include "vault/snapshot/known_files.hpp"

namespace muniment {

namespace {

// Batches between the scan and the assembler. A batch holds up to 5 MiB (1 MiB and one longest
// chunk).
constexpr std::size_t batches_in_flight = 12;
// Tables of packs that deduplication asks; some 400 full packs of small files.
constexpr std::size_t open_packs_bytes = 64 * limits::mib;

struct LastSnapshot {
  std::uint64_t number = 0;  // 0: none yet
  Sha256Digest leaf;
};

LastSnapshot last_snapshot(const Ledger& ledger) {
  for (std::uint64_t i = ledger.size(); i-- > 0;) {
    const std::string text = ledger.entry(i);
    if (act_of(text) != Act::snapshot) continue;
    if (const auto entry = decode_snapshot(text)) return {entry->number, ledger.leaf(i)};
  }
  return {};
}

class IngestPipeline {
 public:
  IngestPipeline(const IngestContext& context, const IngestOptions& options, Activity& activity)
      : x_context(context),
        x_options(options),
        x_activity(activity),
        x_gear(derive_gear_table(context.chunker_key)),
        x_nonce(context.random.fixed<SnapshotNonce>()),
        x_packs(context.store, context.epoch_secrets, PackAccess::ranges, open_packs_bytes,
                activity),
        x_chunks(context.catalog, x_packs, context.id_key),
        x_known(x_chunks),
        x_trainer(context.id_key, options.level),
        x_line_context{context.store,
                       context.catalog,
                       x_known,
                       context.random,
                       context.epoch.commitment,
                       context.epoch.public_key,
                       suite_for_this_machine(),
                       options.dry_run,
                       context.batch,
                       context.journal},
        x_threads(thread_count(options.threads)),
        x_line(x_line_context, std::max(1U, x_threads / 2)),
        x_scanned(batches_in_flight),
        x_worked(batches_in_flight),
        x_tickets(batches_in_flight),
        x_working(x_threads) {}

  IngestResult run(std::span<const std::filesystem::path> paths) {
    if (!x_options.dry_run) {
      remove_leftovers();
      if (!x_context.batch) {
        adopt_packs({x_context.store, x_context.catalog, x_context.epoch_secrets, x_context.id_key},
                    x_activity);
      }
    }
    IngestResult result;
    const std::filesystem::path vault = x_context.scratch.parent_path();
    const LastSnapshot last = last_snapshot(x_context.ledger.ledger());
    const std::unique_ptr<Reader> previous = open_previous(last);
    std::optional<KnownFiles> known;
    if (previous) known.emplace(*previous, x_known, x_context.id_key);
    FileScan scan(
        paths, vault, x_gear, x_options, x_activity,
        [&](const std::string& path, std::uint64_t size) {
          return known ? known->find(path, size) : std::nullopt;
        },
        [this](ScanBatch batch) {
          return x_tickets.push('\0') && x_scanned.push(std::move(batch));
        });
    SnapshotIndex index = head(last);
    ChunkRef index_chunk;

    Stages stages([this] { cancel(); });
    if (x_options.estimate)
      stages.start([&] { estimate(paths, vault, x_options.exclusion, x_activity); });
    for (unsigned i = 0; i < x_threads; ++i) stages.start([this] { work(); });
    x_line.start(stages);
    stages.start([&] { index_chunk = assemble(index, result.report); });
    stages.run([&] {
      scan.run();
      x_scanned.close();
    });
    stages.join();

    result.report.twins = scan.twins();
    result.report.excluded = scan.excluded();
    if (x_options.dry_run) {
      result.report.bytes_stored = x_line.payload_bytes();
      return result;
    }
    result.number = last.number + 1;
    commit(index, index_chunk, result);
    return result;
  }

 private:
  void cancel() {
    x_scanned.cancel();
    x_worked.cancel();
    x_tickets.cancel();
    x_line.cancel();
  }

  // A killed ingest of more than a million files leaves digests of its content tree.
  void remove_leftovers() {
    for (const std::string& name : x_context.files.list(x_context.scratch)) {
      if (name.starts_with(ContentTree::run_prefix))
        x_context.files.remove(x_context.scratch / name);
    }
  }

  // Null if there is none, or none that everybody can read whom this one is for.
  [[nodiscard]] std::unique_ptr<Reader> open_previous(const LastSnapshot& last) {
    if (x_context.batch || last.number == 0) return nullptr;
    const LedgerName& ledger = x_context.ledger.ledger().name();
    std::vector<CatalogSnapshot> snapshots;
    {
      const std::lock_guard lock(x_context.catalog.mutex);
      snapshots = x_context.catalog.catalog.snapshots(ledger.collection);
    }
    const auto found = std::ranges::find_if(snapshots, [&](const CatalogSnapshot& snapshot) {
      return snapshot.ledger == ledger.id() && snapshot.number == last.number;
    });
    if (found == snapshots.end()) return nullptr;
    try {
      // It does not outlive this pipeline.
      return open_snapshot("the snapshot before", found->index,
                           std::shared_ptr<ChunkReader>(std::shared_ptr<void>(), &x_chunks),
                           x_context.permit);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      return nullptr;
    }
  }

  [[nodiscard]] SnapshotIndex head(const LastSnapshot& last) const {
    SnapshotIndex index;
    index.nonce = x_nonce;
    index.previous = last.leaf;
    index.charter = x_context.charter;
    index.epoch = x_context.epoch.commitment;
    index.created = x_context.clock.now();
    index.about = x_options.about;
    return index;
  }

  void work() {
    ChunkIntake intake(x_known, x_trainer, x_context.id_key, x_options.level);
    Bytes buffer(limits::chunk_bytes_min);
    while (auto batch = x_scanned.pop()) {
      WorkedBatch worked{batch->number, {}};
      worked.tasks.reserve(batch->tasks.size());
      for (ScanTask& task : batch->tasks) worked.tasks.push_back(work_on(task, intake, buffer));
      if (!x_worked.push(std::move(worked))) return;
    }
    if (x_working.fetch_sub(1) == 1) x_worked.close();
  }

  WorkedTask work_on(ScanTask& task, ChunkIntake& intake, MutableByteView buffer) const {
    const ByteView bytes =
        task.kind == ScanTask::Kind::found ? read_found(task, buffer) : ByteView(task.bytes);
    WorkedTask worked;
    worked.kind = task.kind;
    worked.entry = std::move(task.entry);
    worked.problem = std::move(task.problem);
    worked.changed = task.changed;
    worked.hard_linked = task.hard_linked;
    if (!bytes.empty()) {
      worked.chunk = intake.take(FrameType::data, bytes, task.try_zstd);
    }
    const bool has_entry =
        task.kind != ScanTask::Kind::chunk && task.kind != ScanTask::Kind::skipped;
    if (!has_entry) return worked;
    if (task.kind == ScanTask::Kind::file) worked.entry.sha256 = worked.chunk.sha256;
    if (worked.entry.kind == EntryKind::file) {
      worked.leaf = content_leaf(x_context.seed_key, x_nonce, worked.entry);
    }
    return worked;
  }

  ChunkRef assemble(SnapshotIndex& index, IngestReport& report) {
    ChunkIntake intake(x_known, x_trainer, x_context.id_key, x_options.level);
    ContentTree tree(x_context.files, x_context.scratch);
    Assembler assembler(intake, x_line, tree, x_context.chunker_key, x_activity);
    while (auto batch = x_worked.pop()) {
      std::optional<unsigned> used = assembler.take(std::move(*batch));
      if (!used) return {};
      for (; *used > 0; --*used) {
        if (!x_tickets.pop()) return {};
      }
    }
    // A failed stage closed the queue: what came is not all.
    x_activity.check();
    const ChunkRef ref = assembler.finish(index);
    assembler.count_into(report);
    return ref;
  }

  // DESIGN §4, commit order, step 4: one append is the only commit point.
  void commit(const SnapshotIndex& index, const ChunkRef& index_chunk, IngestResult& result) {
    const LedgerName& name = x_context.ledger.ledger().name();
    const std::vector<PackFacts> unlisted = count_packs(result.report);
    std::vector<std::string> entries = packs_entries(unlisted);

    SnapshotEntry entry;
    entry.collection = name.collection;
    entry.number = result.number;
    entry.charter = index.charter;
    entry.epoch = index.epoch;
    entry.content_root = index.content_root;
    entry.packs = x_packs_needed;
    const SnapshotRecord record{index_chunk.id, index_chunk.length, index.files,
                                index.bytes,    index.files,        index.created};
    entry.sealed = seal_part(x_context.epoch.public_key, name, Act::snapshot, encode(record),
                             x_context.random);
    entries.push_back(encode(entry));
    x_context.ledger.append(entries, x_context.log_key);
  }

  // The packs that the snapshot needs and this ledger does not list yet: new ones, and such as
  // deduplication used that were adopted or that another device stored.
  std::vector<PackFacts> count_packs(IngestReport& report) {
    std::vector<PackFacts> unlisted = x_line.packs();
    report.packs = unlisted.size();
    for (const PackFacts& pack : unlisted) {
      report.bytes_stored += file_bytes(PackClass{static_cast<std::uint8_t>(pack.size_class)});
    }
    std::set<PackId> needed = x_known.packs_used();
    const std::lock_guard lock(x_context.catalog.mutex);
    Catalog& catalog = x_context.catalog.catalog;
    for (const PackId& pack : needed) {
      if (catalog.lists(x_context.ledger.ledger().name().id(), pack)) continue;
      const std::optional<CatalogPack> known = catalog.find_pack(pack);
      VAULT_ASSERT(known);
      unlisted.push_back(known->facts);
    }
    for (const PackFacts& pack : unlisted) needed.insert(pack.id);
    x_packs_needed = needed.size();
    return unlisted;
  }

  static std::vector<std::string> packs_entries(std::vector<PackFacts> packs) {
    std::ranges::sort(packs, {},
                      [](const PackFacts& pack) { return std::tuple(pack.epoch, pack.id); });
    const auto twins = std::ranges::unique(packs, {}, &PackFacts::id);
    packs.erase(twins.begin(), twins.end());

    std::vector<PacksEntry> entries;
    for (const PackFacts& pack : packs) {
      const bool fits = !entries.empty() && entries.back().epoch == pack.epoch &&
                        entries.back().packs.size() < limits::packs_per_entry_max;
      if (!fits) entries.push_back({pack.epoch, {}});
      entries.back().packs.push_back({pack.id, static_cast<std::uint8_t>(pack.size_class)});
    }
    std::vector<std::string> texts;
    for (const PacksEntry& entry : entries) texts.push_back(encode(entry));
    return texts;
  }

  const IngestContext& x_context;
  const IngestOptions& x_options;
  Activity& x_activity;
  const GearTable x_gear;
  const SnapshotNonce x_nonce;
  OpenPacks x_packs;
  ChunkReader x_chunks;
  KnownChunks x_known;
  DictionaryTrainer x_trainer;
  const PackLineContext x_line_context;
  const unsigned x_threads;
  PackLine x_line;

  BoundedQueue<ScanBatch> x_scanned;
  BoundedQueue<WorkedBatch> x_worked;
  BoundedQueue<char> x_tickets;  // one a batch between scan and assembler
  std::atomic<unsigned> x_working;
  std::uint64_t x_packs_needed = 0;
};

}  // namespace

IngestResult run_ingest(const IngestContext& context, std::span<const std::filesystem::path> paths,
                        const IngestOptions& options, Activity& activity) {
  return IngestPipeline(context, options, activity).run(paths);
}

}  // namespace muniment
