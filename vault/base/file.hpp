// Everything the vault writes to its directory goes through FileSystem, so that a test can record
// each write, sync, rename and unlink, make any of them fail, and replay every prefix. What is read
// from, or restored to, the user's own folders does not: that is vault/snapshot's source and
// target.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/bytes.hpp"

namespace muniment {

// An open file. Not thread-safe, except that read_at may be called from any number of threads.
// Every failure is an Error(io) that names the path. After a failed sync the file must be dropped
// and written anew: the kernel may have forgotten the dirty pages (fsync is never retried).
class File {
 public:
  virtual ~File() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Bytes [offset, offset + length), fewer only at the end of the file.
  [[nodiscard]] Bytes read_at(std::uint64_t offset, std::size_t length) const;
  // As above, into `target`; returns how many bytes there were.
  [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset, MutableByteView target) const = 0;
  // Writes all of `bytes` at `offset` or throws. Large blocks of whole pages, as packs are, go past
  // the page cache where the system can do that: they are not read again soon, and copying them
  // there would cost more than sealing them.
  virtual void write_at(std::uint64_t offset, ByteView bytes) = 0;
  virtual void truncate(std::uint64_t size) = 0;
  // Tells the kernel to begin writing back; promises nothing.
  virtual void start_writeback() = 0;
  // fdatasync.
  virtual void sync() = 0;
};

// An exclusive lock that ends with the object or the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe. Every failure but a documented absence is an Error(io) naming the path.
class FileSystem {
 public:
  using Path = std::filesystem::path;

  virtual ~FileSystem() = default;

  // Opens for reading only. Empty if there is no such file. A directory, link or special file is an
  // Error(io).
  [[nodiscard]] virtual std::unique_ptr<File> find(const Path& path) = 0;
  // Opens for reading and writing, creating the file (0600) if it is absent.
  [[nodiscard]] virtual std::unique_ptr<File> open_or_create(const Path& path) = 0;
  // A new file (0600) that must not exist; Error(exists) if it does.
  [[nodiscard]] virtual std::unique_ptr<File> create(const Path& path) = 0;
  // Replaces the target. Durable once sync_directory of the parent returns.
  virtual void rename(const Path& from, const Path& to) = 0;
  // True if it was there.
  virtual bool remove(const Path& path) = 0;
  // Creates the directory (0700) unless it is there; the parent must exist.
  virtual void make_directory(const Path& path) = 0;
  virtual void sync_directory(const Path& path) = 0;
  // Names in the directory, sorted bytewise; empty if it is absent.
  [[nodiscard]] virtual std::vector<std::string> list(const Path& path) = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> file_size(const Path& path) = 0;
  // Empty if another process holds it. The file is created if absent and is never removed.
  [[nodiscard]] virtual std::unique_ptr<FileLock> try_lock(const Path& path) = 0;
};

// The real thing. Opens files with O_CLOEXEC | O_NOFOLLOW.
[[nodiscard]] std::unique_ptr<FileSystem> posix_file_system();

// The whole file; empty if absent; Error(limit) if larger than `limit` bytes.
[[nodiscard]] std::optional<Bytes> read_file(FileSystem& files, const FileSystem::Path& path,
                                             std::uint64_t limit);

// The whole file; empty also if it is larger than `limit` bytes: then it is none that we wrote.
[[nodiscard]] std::optional<Bytes> read_file_within(FileSystem& files, const FileSystem::Path& path,
                                                    std::uint64_t limit);

// Writes `bytes` beside `path` as `<path>.new`, syncs, renames over it, syncs the directory: after
// a crash `path` holds either the old bytes or the new ones, whole. One writer a path at a time. A
// failure leaves no `.new` behind, as far as the file system lets it be removed.
void write_file_atomically(FileSystem& files, const FileSystem::Path& path, ByteView bytes);

}  // namespace muniment
