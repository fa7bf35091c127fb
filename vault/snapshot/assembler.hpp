// The middle of the ingest pipeline, where order matters: puts worked batches back into path order,
// gives chunks to the packs, and builds manifest and content tree as files complete.
#pragma once

#include <map>

#include "vault/snapshot/chunk_intake.hpp"
#include "vault/snapshot/disclosure.hpp"
#include "vault/snapshot/file_scan.hpp"
#include "vault/snapshot/ingest.hpp"
#include "vault/snapshot/pack_line.hpp"

namespace muniment {

// A ScanTask after a worker had it.
struct WorkedTask {
  ScanTask::Kind kind = ScanTask::Kind::entry;
  Entry entry;                      // complete but for the chunks of an `end`
  TakenChunk chunk;                 // file, chunk
  std::optional<ContentLeaf> leaf;  // entry, file and end that are files
  std::string problem;              // skipped
  bool changed = false;
  bool hard_linked = false;
};

struct WorkedBatch {
  std::uint64_t number = 0;
  std::vector<WorkedTask> tasks;
};

// One thread.
class Assembler {
 public:
  // All must outlive it. `intake` is the assembler's own.
  Assembler(ChunkIntake& intake, PackLine& line, ContentTree& tree, const ChunkerKey& chunker_key,
            Activity& activity);

  // Batches may come in any order; each is used once all before it were. Returns how many that was,
  // or nothing if the line was cancelled.
  [[nodiscard]] std::optional<unsigned> take(WorkedBatch batch);

  // After the last batch: stores the rest of the manifest and completes `index`, all but its head,
  // and stores that too. Returns where it is. Error(limit) if the snapshot is too large for one
  // index.
  [[nodiscard]] ChunkRef finish(SnapshotIndex& index);

  // What was taken, and what was not, into the report's fields of the same names.
  void count_into(IngestReport& report);

 private:
  void complete(WorkedTask& task);
  void skip(const WorkedTask& task);
  void note(const WorkedTask& task);
  void attach_chunks(Entry& entry);
  [[nodiscard]] ChunkRef store(FrameType type, ByteView plaintext);
  void add(const TakenChunk& chunk);
  void cut_manifest();

  ChunkIntake& x_intake;
  PackLine& x_line;
  ContentTree& x_tree;
  Activity& x_activity;
  ManifestCutter x_cutter;
  std::vector<ManifestChunk> x_manifest;
  std::map<std::uint64_t, WorkedBatch> x_waiting;
  std::uint64_t x_next = 0;
  std::vector<ChunkRef> x_chunks;  // of the file whose end has not come yet
  bool x_cancelled = false;

  std::uint64_t x_files = 0;
  std::uint64_t x_directories = 0;
  std::uint64_t x_links = 0;
  std::uint64_t x_bytes = 0;
  std::uint64_t x_bytes_new = 0;
  std::uint64_t x_hard_links = 0;
  std::vector<std::string> x_skipped;
  std::vector<std::string> x_changed;
};

}  // namespace muniment
