// Adds commits to an access log's files: the tail's two copies, and the tiles into which its
// entries move. For whoever holds the log's lock, be it the device whose log it is or a partner who
// keeps a copy. FORMAT.md §1.
#pragma once

#include "vault/audit/tail.hpp"
#include "vault/base/activity.hpp"

namespace muniment {

// Not thread-safe. The caller holds the log's lock (lock_access_log) for all but make_directory().
class AccessTailWriter {
 public:
  // `files` must outlive it. Nothing is touched. The directory may be absent, and the one above it.
  AccessTailWriter(FileSystem& files, FileSystem::Path directory, const LedgerName& name,
                   const VerifyKey<LogPurpose>& log)
      : x_files(files), x_directory(std::move(directory)), x_name(name), x_log(log) {}

  void make_directory();

  // Brings tail() up to what other processes wrote, and makes the two copies alike. Errors are
  // those of load_access_tail; then there is no tail.
  void refresh();
  // As for a log that is not there: the next commit replaces what is.
  void start_over();
  // Goes on after the longest beginning of a damaged log that was signed. How many bytes were given
  // up.
  std::uint64_t salvage();

  // Of a log that is absent, an empty one. Only after one of the above, and while nothing failed.
  [[nodiscard]] const AccessTail& tail() const { return x_tail.value(); }

  // Adds `entries`, which may be none, under `checkpoint`, which is over all. It is on disk when
  // commit returns. After an Error the log is as it was, and refresh() comes before anything else.
  // However many there are, few are held besides.
  void commit(std::span<const std::string> entries, const SignedNote& checkpoint);

  // Moves full bundles out of a tail that has grown long. If there is no room for that now, there
  // will be later. refresh() comes before anything else.
  void rotate_if_long();

 private:
  [[nodiscard]] bool is_unchanged();
  void append(std::span<const std::string> entries, const SignedNote& checkpoint);
  void write(ByteView records);
  void move_out_full(AccessTail& tail) const;
  void replace(AccessTail tail);

  FileSystem& x_files;
  FileSystem::Path x_directory;
  LedgerName x_name;
  VerifyKey<LogPurpose> x_log;
  std::optional<AccessTail> x_tail;  // as far as it is known; empty: must be read
};

// The log's lock. Error(busy) if it cannot be had within `wait`.
[[nodiscard]] std::unique_ptr<FileLock> lock_access_log(FileSystem& files,
                                                        const FileSystem::Path& directory,
                                                        std::chrono::milliseconds wait,
                                                        const Activity& activity);

// Makes the two copies alike again, and says which was not. Needs no secret. Error(damaged) if
// neither is whole.
[[nodiscard]] std::vector<LedgerDamage> heal_access_log(
    FileSystem& files, const FileSystem::Path& directory, const LedgerName& name,
    const VerifyKey<LogPurpose>& log, std::chrono::milliseconds wait, const Activity& activity);

}  // namespace muniment
