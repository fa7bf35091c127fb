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

// Of a large file: room for the longest chunk behind the longest one that was just cut off, four
// times.
constexpr std::size_t window_bytes = 4 * limits::chunk_bytes_max;

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
                   const IngestOptions& options, Activity& activity, Sink sink)
    : x_tree(paths, left_out, &options.exclusion),
      x_gear(gear),
      x_options(options),
      x_activity(activity),
      x_sink(std::move(sink)) {}

void FileScan::run(IngestReport& report) {
  if (x_options.stream) take_stream(*x_options.stream);
  while (!x_stopped) {
    x_activity.check();
    std::optional<Found> found = x_tree.next();
    if (!found) break;
    take(*found, report);
  }
  flush();
  report.twins = x_tree.twins();
  report.excluded = x_tree.excluded();
}

void FileScan::take(Found& found, IngestReport& report) {
  if (!found.problem.empty()) skip(found, found.problem, report);
  if (!found.has_entry) return;
  Entry entry = entry_of(found, x_options.times);
  if (found.kind == EntryKind::file) {
    take_file(found, std::move(entry), report);
  } else {
    send({ScanTask::Kind::entry, std::move(entry), {}, false});
  }
}

void FileScan::take_file(Found& found, Entry entry, IngestReport& report) {
  bool read = false;
  if (found.size < limits::chunk_bytes_min) {
    ScanTask task{ScanTask::Kind::file, std::move(entry), Bytes(found.size), true};
    read = read_small(found, task);
    if (read) send(std::move(task));
  } else {
    read = read_large(found.file.get(), found.size, std::move(entry));
  }
  if (!read) {
    skip(found, std::strerror(errno), report);
    return;
  }
  if (found.hard_linked) ++report.hard_links;
  if (changed_since(found)) {
    report.changed.push_back(escape(found.path));
    x_activity.notice(escape(found.path) + ": changed while it was being read; stored as read");
  }
}

void FileScan::take_stream(const InputStream& stream) {
  Entry entry;
  entry.path = stream.name;
  if (x_options.times) entry.time = stream.time;
  if (!read_large(stream.descriptor, std::numeric_limits<std::uint64_t>::max(), std::move(entry))) {
    throw io_error(escape(stream.name), "read", errno);
  }
}

// Reads at most what the file had when it was opened; one that grew is reported by its new size.
bool FileScan::read_small(const Found& found, ScanTask& task) const {
  const ssize_t size = read_full(found.file.get(), task.bytes);
  if (size < 0) return false;
  task.bytes.resize(static_cast<std::size_t>(size));
  task.entry.size = static_cast<std::uint64_t>(size);
  task.try_zstd = magic_says_compressible(task.bytes);
  if (task.bytes.empty()) {
    task.kind = ScanTask::Kind::entry;
    task.entry.sha256 = sha256({});
  }
  return true;
}

// A file of 512 KiB or more: cut by content, its whole hashed in passing unless it is a single
// chunk, whose own hash then serves.
bool FileScan::read_large(int file, std::uint64_t size, Entry entry) {
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
      if (count < 0) {
        const int error_number = errno;
        send({ScanTask::Kind::failed, {}, {}, false});
        errno = error_number;
        return false;
      }
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
    if (only) {
      send({ScanTask::Kind::file, std::move(entry), Bytes(chunk.begin(), chunk.end()), try_zstd});
      return true;
    }
    whole.update(chunk);
    send({ScanTask::Kind::chunk, {}, Bytes(chunk.begin(), chunk.end()), try_zstd});
    if (x_stopped) return true;
  }
  entry.sha256 = whole.finish();
  send(
      {entry.size == 0 ? ScanTask::Kind::entry : ScanTask::Kind::end, std::move(entry), {}, false});
  return true;
}

void FileScan::skip(const Found& found, const std::string& why, IngestReport& report) {
  report.skipped.push_back(escape(found.path) + ": " + why);
  x_activity.notice("skipped " + report.skipped.back());
}

void FileScan::send(ScanTask task) {
  x_batch_bytes += task.bytes.size();
  x_batch.tasks.push_back(std::move(task));
  if (x_batch_bytes >= batch_bytes || x_batch.tasks.size() == batch_tasks) flush();
}

void FileScan::flush() {
  if (x_stopped || x_batch.tasks.empty()) return;
  x_batch.number = x_next_number++;
  x_batch_bytes = 0;
  x_stopped = !x_sink(std::exchange(x_batch, {}));
}

void estimate(std::span<const std::filesystem::path> paths, const std::filesystem::path& left_out,
              const Exclusion& exclusion, Activity& activity) {
  TreeScan tree(paths, left_out, &exclusion);
  while (const auto found = tree.next(false)) {
    if (activity.stop_requested()) return;
    if (!found->has_entry || found->kind != EntryKind::file) continue;
    activity.items_total.fetch_add(1, std::memory_order_relaxed);
    activity.bytes_total.fetch_add(found->size, std::memory_order_relaxed);
  }
}

}  // namespace muniment
