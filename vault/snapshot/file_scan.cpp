#include "vault/snapshot/file_scan.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "vault/base/text.hpp"
#include "vault/codec/probe.hpp"

namespace muniment {

namespace {

// A batch is worth handing over from here on; a chunk of a large file always is.
constexpr std::size_t batch_bytes = 1 * limits::mib;
constexpr std::size_t batch_tasks = 256;
// Each folder of a batch is kept open until its files are read.
constexpr std::size_t batch_folders = 16;

// Of a large file: room for the longest chunk behind the longest one that was just cut off, four
// times.
constexpr std::size_t window_bytes = 4 * limits::chunk_bytes_max;

// Of a large file that is only hashed: what stays in the cache of a core meanwhile.
constexpr std::size_t hashed_bytes = 256 * limits::kib;

// How long a wish to stop waits for bytes that do not come, if no signal wakes the wait.
constexpr int poll_milliseconds = 100;

// Reads until `target` is full or the file ends; returns how much there was, or -1 with errno.
ssize_t read_full(int file, MutableByteView target) {
  std::size_t done = 0;
  while (done < target.size()) {
    const ssize_t count = ::read(file, target.data() + done, target.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

// As read_full, for what may take its time: between any two reads the activity may end it.
ssize_t read_full(int file, MutableByteView target, const Activity& activity) {
  std::size_t done = 0;
  while (done < target.size()) {
    activity.check();
    pollfd ready{file, POLLIN, 0};
    const int count = ::poll(&ready, 1, poll_milliseconds);
    if (count < 0 && errno != EINTR) return -1;
    if (count <= 0) continue;
    // A pipe gives what it has.
    const ssize_t size = ::read(file, target.data() + done, target.size() - done);
    if (size < 0 && errno != EINTR && errno != EAGAIN) return -1;
    if (size == 0) break;
    if (size > 0) done += static_cast<std::size_t>(size);
  }
  return static_cast<ssize_t>(done);
}

Entry entry_of(const Found& found, bool times) {
  Entry entry;
  entry.path = found.path;
  entry.kind = found.kind;
  entry.link_target = found.link_target;
  entry.executable = found.executable;
  if (times) entry.time = found.time;
  return entry;
}

}  // namespace

FileScan::FileScan(std::span<const std::filesystem::path> paths,
                   const std::filesystem::path& left_out, const GearTable& gear,
                   const IngestOptions& options, Activity& activity, Known known, Sink sink)
    : x_tree(paths, left_out, &options.exclusion),
      x_gear(gear),
      x_options(options),
      x_activity(activity),
      x_known(std::move(known)),
      x_sink(std::move(sink)) {}

ByteView read_found(ScanTask& task, MutableByteView buffer) {
  const Descriptor file = open_found(task.found, task.problem);
  // At most what was found: a file that grew counts as changed.
  const ssize_t size = file ? read_full(file.get(), buffer.first(task.found.size)) : 0;
  if (size < 0) task.problem = std::strerror(errno);
  if (!task.problem.empty()) {
    task.kind = ScanTask::Kind::skipped;
    return {};
  }
  const ByteView bytes = buffer.first(static_cast<std::size_t>(size));
  task.entry.size = bytes.size();
  task.try_zstd = magic_says_compressible(bytes);
  task.changed = changed_since(task.found, file);
  task.kind = bytes.empty() ? ScanTask::Kind::entry : ScanTask::Kind::file;
  if (bytes.empty()) task.entry.sha256 = sha256({});
  return bytes;
}

void FileScan::run() {
  if (x_options.stream) take_stream(*x_options.stream);
  while (!x_stopped) {
    x_activity.check();
    std::optional<Found> found = x_tree.next();
    if (!found) break;
    take(*found);
  }
  flush();
}

void FileScan::take(Found& found) {
  if (!found.problem.empty()) skip(found.path, found.problem);
  if (!found.has_entry) return;
  Entry entry = entry_of(found, x_options.times);
  if (found.kind == EntryKind::file && found.size >= limits::chunk_bytes_min) {
    take_large(found, std::move(entry));
    return;
  }
  ScanTask task{.entry = std::move(entry), .hard_linked = found.hard_linked};
  if (found.kind == EntryKind::file) {
    task.kind = ScanTask::Kind::found;
    task.found = std::move(found);
  }
  send(std::move(task));
}

void FileScan::take_large(const Found& found, Entry entry) {
  std::string problem;
  const Descriptor file = open_found(found, problem);
  std::optional<ScanTask> last;
  if (file) {
    last = recognise(file.get(), entry, found.size);
    if (!last) last = read_large(file.get(), found.size, std::move(entry));
    if (!last) problem = std::strerror(errno);
  }
  if (!last) {
    skip(found.path, std::move(problem));
    return;
  }
  last->hard_linked = found.hard_linked;
  last->changed = changed_since(found, file);
  send(std::move(*last));
}

std::optional<ScanTask> FileScan::recognise(int file, const Entry& entry, std::uint64_t size) {
  std::optional<Entry> known = x_known(entry.path, size);
  if (!known) return std::nullopt;
  x_piece.resize(hashed_bytes);
  Sha256 whole;
  std::uint64_t done = 0;
  ssize_t count = 0;
  while ((count = read_full(file, x_piece, x_activity)) > 0 && done < size) {
    whole.update(ByteView(x_piece).first(static_cast<std::size_t>(count)));
    done += static_cast<std::uint64_t>(count);
  }
  if (count == 0 && done == size && whole.finish() == known->sha256) {
    known->path = entry.path;
    known->executable = entry.executable;
    known->time = entry.time;
    return ScanTask{.kind = ScanTask::Kind::known, .entry = std::move(*known)};
  }
  // An error of reading is met again where it is told.
  static_cast<void>(::lseek(file, 0, SEEK_SET));
  return std::nullopt;
}

void FileScan::take_stream(const InputStream& stream) {
  Entry entry;
  entry.path = stream.name;
  if (x_options.times) entry.time = stream.time;
  std::optional<ScanTask> last =
      read_large(stream.descriptor, std::numeric_limits<std::uint64_t>::max(), std::move(entry));
  if (!last) throw io_error(escape(stream.name), "read", errno);
  send(std::move(*last));
}

// A file of 512 KiB or more: cut by content, its whole hashed in passing unless it is a single
// chunk, whose own hash then serves.
std::optional<ScanTask> FileScan::read_large(int file, std::uint64_t size, Entry entry) {
  x_window.resize(window_bytes);
  Sha256 whole;
  std::uint64_t left = size;
  std::size_t filled = 0;
  std::size_t cut = 0;
  bool end = false;
  bool try_zstd = true;
  while (true) {
    if (!end && filled - cut < limits::chunk_bytes_max) {
      std::copy(x_window.begin() + static_cast<std::ptrdiff_t>(cut),
                x_window.begin() + static_cast<std::ptrdiff_t>(filled), x_window.begin());
      filled -= cut;
      cut = 0;
      const auto room =
          static_cast<std::size_t>(std::min<std::uint64_t>(left, window_bytes - filled));
      const ssize_t count =
          read_full(file, MutableByteView(x_window).subspan(filled, room), x_activity);
      if (count < 0) return std::nullopt;
      filled += static_cast<std::size_t>(count);
      left -= static_cast<std::uint64_t>(count);
      end = left == 0 || static_cast<std::size_t>(count) < room;
    }
    const ByteView rest = ByteView(x_window).subspan(cut, filled - cut);
    if (rest.empty()) break;
    if (entry.size == 0) try_zstd = magic_says_compressible(rest);
    const ByteView chunk = rest.first(find_cut(x_gear, rest));
    const bool only = end && entry.size == 0 && chunk.size() == rest.size();
    entry.size += chunk.size();
    cut += chunk.size();
    const auto kind = only ? ScanTask::Kind::file : ScanTask::Kind::chunk;
    ScanTask task{.kind = kind, .bytes = Bytes(chunk.begin(), chunk.end()), .try_zstd = try_zstd};
    if (only) {
      task.entry = std::move(entry);
      return task;
    }
    whole.update(chunk);
    send(std::move(task));
    if (x_stopped) break;
  }
  entry.sha256 = whole.finish();
  const auto kind = entry.size == 0 ? ScanTask::Kind::entry : ScanTask::Kind::end;
  return ScanTask{.kind = kind, .entry = std::move(entry)};
}

void FileScan::skip(const std::string& path, std::string problem) {
  ScanTask task{.kind = ScanTask::Kind::skipped, .problem = std::move(problem)};
  task.entry.path = path;
  send(std::move(task));
}

void FileScan::send(ScanTask task) {
  const Descriptor* const folder = task.found.folder.get();
  if (folder != nullptr && folder != std::exchange(x_folder, folder)) ++x_batch_folders;
  x_batch_bytes += task.kind == ScanTask::Kind::found ? task.found.size : task.bytes.size();
  x_batch.tasks.push_back(std::move(task));
  if (x_batch_bytes >= batch_bytes || x_batch.tasks.size() == batch_tasks ||
      x_batch_folders == batch_folders) {
    flush();
  }
}

void FileScan::flush() {
  if (x_stopped || x_batch.tasks.empty()) return;
  x_batch.number = x_next_number++;
  x_batch_bytes = 0;
  x_batch_folders = 0;
  x_folder = nullptr;
  x_stopped = !x_sink(std::exchange(x_batch, {}));
}

void estimate(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
              const Exclusion& exclusion, Activity& activity) {
  TreeScan tree(paths, left_out, &exclusion);
  while (const auto found = tree.next()) {
    if (activity.stop_requested()) return;
    if (!found->has_entry || found->kind != EntryKind::file) continue;
    activity.items_total.fetch_add(1, std::memory_order_relaxed);
    activity.bytes_total.fetch_add(found->size, std::memory_order_relaxed);
  }
}

}  // namespace muniment
