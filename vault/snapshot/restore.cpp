#include "vault/snapshot/restore.hpp"

#include <cstring>
#include <mutex>

#include "vault/base/limits.hpp"
#include "vault/base/queue.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/stages.hpp"
#include "vault/snapshot/target.hpp"

namespace muniment {

namespace {

// What one worker takes at a time: enough to be worth a lock, small enough to share out.
constexpr std::size_t batch_files_max = 64;
constexpr std::uint64_t batch_bytes_max = 4 * limits::mib;

class Restore {
 public:
  Restore(const Reader& reader, std::string_view path, const std::filesystem::path& destination,
          const RestoreOptions& options, Activity& activity)
      : x_reader(reader),
        x_path(path),
        x_options(options),
        x_activity(activity),
        x_target(destination),
        x_prefix(unrestored_prefix(reader, path)),
        x_batches(4) {}

  RestoreReport run() {
    Stages stages([this] { x_batches.cancel(); });
    // Twice as many as work: the others wait for the disk meanwhile.
    for (unsigned i = 0; i < 2 * thread_count(x_options.threads); ++i) {
      stages.start([this] { restore_files(); });
    }
    stages.run([this] {
      for_each_chosen([this](const Entry& entry, const std::string& path) { take(entry, path); });
      flush_batch();
      x_batches.close();
    });
    stages.join();

    set_directory_times();
    if (x_options.sync) note("the destination", x_target.sync());
    return std::move(x_report);
  }

 private:
  // Empty for the folder whose contents are restored.
  [[nodiscard]] std::string relative(const Entry& entry) const {
    return entry.path.size() < x_prefix ? "" : entry.path.substr(x_prefix);
  }

  void for_each_chosen(const Selection::Visitor& visitor) const {
    Selection selection(x_options.choice);
    x_reader.visit(x_path, [&](const Entry& entry) {
      x_activity.check();
      const std::string path = relative(entry);
      if (!path.empty()) selection.take(entry, path, visitor);
      return true;
    });
  }

  void take(const Entry& entry, const std::string& path) {
    if (entry.kind == EntryKind::file) {
      x_batch_bytes += entry.size;
      x_batch.push_back(entry);
      if (x_batch.size() == batch_files_max || x_batch_bytes >= batch_bytes_max) flush_batch();
      return;
    }
    const bool directory = entry.kind == EntryKind::directory;
    const TargetResult result = directory ? x_target.make_directory(path)
                                          : x_target.make_link(entry, path, x_options.overwrite);
    if (note(path, result)) (directory ? x_report.directories : x_report.links) += 1;
  }

  void flush_batch() {
    if (x_batch.empty()) return;
    x_batch_bytes = 0;
    x_batches.push(std::exchange(x_batch, {}));
  }

  void restore_files() {
    Target target(x_target);
    while (const auto batch = x_batches.pop()) {
      for (const Entry& entry : *batch) {
        x_activity.check();
        restore_file(target, entry);
      }
    }
  }

  void restore_file(Target& target, const Entry& entry) {
    const std::string path = relative(entry);
    if (!x_options.overwrite && target.exists(path)) {
      note(path, {TargetResult::Kind::exists, 0});
      return;
    }
    TargetFile file(target, path);
    try {
      if (!file.failed()) x_reader.read(entry, [&](ByteView bytes) { file.write(bytes); });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      const std::lock_guard lock(x_mutex);
      x_report.damaged.push_back(escape(path));
      x_activity.notice(error.what());
      return;
    }
    if (!note(path, file.finish(entry, x_options.overwrite))) return;
    x_activity.items_done.fetch_add(1, std::memory_order_relaxed);
    x_activity.bytes_done.fetch_add(entry.size, std::memory_order_relaxed);
    const std::lock_guard lock(x_mutex);
    ++x_report.files;
    x_report.bytes += entry.size;
  }

  // Records what became of `path`; true if it is there now.
  bool note(const std::string& path, const TargetResult& result) {
    if (result.kind == TargetResult::Kind::done) return true;
    if (result.hopeless()) throw io_error(escape(path), "restore", result.error_number);
    const std::lock_guard lock(x_mutex);
    if (result.kind == TargetResult::Kind::exists) {
      x_report.kept.push_back(escape(path));
    } else {
      x_report.failed.push_back(escape(path) + ": " + std::strerror(result.error_number));
    }
    return false;
  }

  // Last, since every file made in a folder changes its time.
  void set_directory_times() {
    for_each_chosen([this](const Entry& entry, const std::string& path) {
      if (entry.kind == EntryKind::directory && entry.time) {
        // A folder that could not be made was reported when it failed.
        static_cast<void>(x_target.set_directory_time(path, *entry.time));
      }
    });
  }

  const Reader& x_reader;
  const std::string x_path;
  const RestoreOptions& x_options;
  Activity& x_activity;
  Target x_target;
  const std::size_t x_prefix;

  std::vector<Entry> x_batch;
  std::uint64_t x_batch_bytes = 0;
  BoundedQueue<std::vector<Entry>> x_batches;

  std::mutex x_mutex;
  RestoreReport x_report;
};

// The same walk, with a look at what stands in each place.
RestoreReport look(const Reader& reader, std::string_view path,
                   const std::filesystem::path& destination, const RestoreOptions& options,
                   const Activity& activity) {
  RestoreReport report;
  TargetView target(destination);
  Selection selection(options.choice);
  const std::size_t prefix = unrestored_prefix(reader, path);
  const auto note = [&](const Entry& entry, const std::string& relative) {
    const TargetView::Place place = target.look(relative, entry.kind, options.overwrite);
    if (place.error_number != 0) {
      report.failed.push_back(escape(relative) + ": " + std::strerror(place.error_number));
    } else if (entry.kind == EntryKind::directory) {
      ++report.directories;
    } else if (place.exists && !options.overwrite) {
      report.kept.push_back(escape(relative));
    } else {
      if (place.exists) report.replaced.push_back(escape(relative));
      (entry.kind == EntryKind::file ? report.files : report.links) += 1;
      report.bytes += entry.size;
    }
  };
  reader.visit(path, [&](const Entry& entry) {
    activity.check();
    if (entry.path.size() > prefix) selection.take(entry, entry.path.substr(prefix), note);
    return true;
  });
  return report;
}

}  // namespace

RestoreReport restore(const Reader& reader, std::string_view path,
                      const std::filesystem::path& destination, const RestoreOptions& options,
                      Activity& activity) {
  if (options.dry_run) return look(reader, path, destination, options, activity);
  return Restore(reader, path, destination, options, activity).run();
}

}  // namespace muniment
