// The beginning of the ingest pipeline: walks the tree once, in manifest order, and hands out work
// in batches: small files together, which the workers read, and large ones a chunk at a time.
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
    entry,    // a directory, a link, an empty file: nothing but the entry
    found,    // a file of one chunk at most, which is still to be read: see read_found
    file,     // a file of one chunk, which is `bytes`
    chunk,    // `bytes` is the next chunk of the file whose `end` or `skipped` follows
    end,      // the file's chunks all came; the entry has its size and SHA-256
    known,    // a file whose chunks are stored already; the entry lists them
    skipped,  // entry.path cannot be taken in; chunks that came are nobody's
  };

  Kind kind = Kind::entry;
  Entry entry{};  // not for `chunk`
  Bytes bytes{};
  bool try_zstd = true;
  Found found{};          // for `found`
  std::string problem{};  // for `skipped`
  bool changed = false;
  bool hard_linked = false;
};

// Reads the file of a `found`, which then is a `file`, an `entry` or `skipped`. Returns its bytes,
// which live in `buffer`, of at least limits::chunk_bytes_min bytes. Any thread.
[[nodiscard]] ByteView read_found(ScanTask& task, MutableByteView buffer);

struct ScanBatch {
  std::uint64_t number = 0;  // counts up from 0
  std::vector<ScanTask> tasks;
};

class FileScan {
 public:
  // Returns false if nobody takes batches any more.
  using Sink = std::function<bool(ScanBatch)>;
  // A stored file that had this path and size: see KnownFiles::find. Asked in
  // path order.
  using Known = std::function<std::optional<Entry>(const std::string& path, std::uint64_t size)>;

  // `gear`, `options` and `activity` must outlive it. Paths and Errors as TreeScan's.
  FileScan(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
           const GearTable& gear, const IngestOptions& options, Activity& activity, Known known,
           Sink sink);

  // Walks everything. Error(io) if the stream fails.
  void run();

  // Of what was walked, as in IngestReport.
  [[nodiscard]] const std::vector<std::string>& twins() const noexcept { return x_tree.twins(); }
  [[nodiscard]] std::uint64_t excluded() const noexcept { return x_tree.excluded(); }

 private:
  void take(Found& found);
  void take_large(const Found& found, Entry entry);
  // The task of a file that is stored already, if this one is.
  [[nodiscard]] std::optional<ScanTask> recognise(int file, const Entry& entry, std::uint64_t size);
  void take_stream(const InputStream& stream);
  // Reads `size` bytes, fewer if the file ends before; sends all but the last task, which is the
  // entry's own. Empty, with errno, if the file cannot be read to its end.
  [[nodiscard]] std::optional<ScanTask> read_large(int file, std::uint64_t size, Entry entry);
  void skip(const std::string& path, std::string problem);
  void send(ScanTask task);
  void flush();

  TreeScan x_tree;
  const GearTable& x_gear;
  const IngestOptions& x_options;
  Activity& x_activity;
  Known x_known;
  Sink x_sink;
  ScanBatch x_batch;
  std::size_t x_batch_bytes = 0;
  std::size_t x_batch_folders = 0;
  const Descriptor* x_folder = nullptr;  // of the last small file
  std::uint64_t x_next_number = 0;
  bool x_stopped = false;
  Bytes x_window;  // of a large file that is cut
  Bytes x_piece;   // of one that is hashed
};

// Counts files and bytes into the Activity's totals, without opening any.
void estimate(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
              const Exclusion& exclusion, Activity& activity);

}  // namespace muniment
