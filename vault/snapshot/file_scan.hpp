// The beginning of the ingest pipeline: reads the tree once, in manifest order, and hands out work
// in batches, small files together, large ones a chunk at a time.
#pragma once

#include <functional>

#include "vault/chunk/chunker.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/snapshot/ingest.hpp"
#include "vault/snapshot/source.hpp"

namespace muniment {

// What is to be done for one object, or for one chunk of a file that has several.
struct ScanTask {
  enum class Kind {
    entry,   // a directory, a link, an empty file: nothing but the entry
    file,    // a file of one chunk, which is `bytes`
    chunk,   // `bytes` is the next chunk of the file whose `end` or `failed` follows
    end,     // the file's chunks all came; the entry has its size and SHA-256
    failed,  // the rest of the file cannot be read: the chunks that came are nobody's
  };

  Kind kind = Kind::entry;
  Entry entry;  // not for `chunk` and `failed`
  Bytes bytes;
  bool try_zstd = true;
};

struct ScanBatch {
  std::uint64_t number = 0;  // counts up from 0
  std::vector<ScanTask> tasks;
};

class FileScan {
 public:
  // Returns false if nobody takes batches any more.
  using Sink = std::function<bool(ScanBatch)>;

  // `gear`, `options` and `activity` must outlive it. Paths and Errors as TreeScan's.
  FileScan(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
           const GearTable& gear, const IngestOptions& options, Activity& activity, Sink sink);

  // Reads everything. What cannot be read, or changes meanwhile, is put into `report` (skipped,
  // changed, twins, excluded, hard_links) and said to the Activity. Error(io) if the stream fails.
  void run(IngestReport& report);

 private:
  void take(Found& found, IngestReport& report);
  void take_file(Found& found, Entry entry, IngestReport& report);
  void take_stream(const InputStream& stream);
  [[nodiscard]] bool read_small(const Found& found, ScanTask& task) const;
  // Reads `size` bytes, fewer if the file ends before.
  [[nodiscard]] bool read_large(int file, std::uint64_t size, Entry entry);
  void skip(const Found& found, const std::string& why, IngestReport& report);
  void send(ScanTask task);
  void flush();

  TreeScan x_tree;
  const GearTable& x_gear;
  const IngestOptions& x_options;
  Activity& x_activity;
  Sink x_sink;
  ScanBatch x_batch;
  std::size_t x_batch_bytes = 0;
  std::uint64_t x_next_number = 0;
  bool x_stopped = false;
  Bytes x_window;  // of a large file
};

// Counts files and bytes into the Activity's totals, without opening any.
void estimate(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
              const Exclusion& exclusion, Activity& activity);

}  // namespace muniment
