// A file system that fails when it is told to, and remembers what it was asked to do.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "vault/base/file.hpp"

namespace muniment::test {

// One change to a file system, as it was asked for.
struct FileOperation {
  enum class Kind { create, write, truncate, sync, rename, remove, make_directory, sync_directory };

  Kind kind;
  FileSystem::Path path;
  FileSystem::Path target{};  // of a rename
  std::uint64_t offset = 0;   // of a write; the size after a truncation
  Bytes bytes{};              // of a write

  friend bool operator==(const FileOperation&, const FileOperation&) = default;
};

// What goes wrong.
struct Fault {
  std::size_t operation;     // which one, counted from 0
  int error_number;          // an errno
  bool short_write = false;  // if it is a write, its first half reaches the file
  bool lasting = false;  // every later operation fails too: a full disk, or the end of the process
};

// Passes everything to another file system, which must outlive it. Thread-safe if that one is.
// Changes are counted and recorded in the order in which they came, the failed one and those after
// it too; reading and locking are neither counted nor made to fail.
class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& files) : x_files(files) {}

  void set_fault(const std::optional<Fault>& fault);
  [[nodiscard]] std::vector<FileOperation> operations() const;

  [[nodiscard]] std::unique_ptr<File> find(const Path& path) override;
  [[nodiscard]] std::unique_ptr<File> open_or_create(const Path& path) override;
  [[nodiscard]] std::unique_ptr<File> create(const Path& path) override;
  void rename(const Path& from, const Path& to) override;
  bool remove(const Path& path) override;
  void make_directory(const Path& path) override;
  void sync_directory(const Path& path) override;
  [[nodiscard]] std::vector<std::string> list(const Path& path) override;
  [[nodiscard]] std::optional<std::uint64_t> file_size(const Path& path) override;
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(const Path& path) override;

 private:
  class FaultyFile;

  // Records the operation; the fault, if it is to fail.
  [[nodiscard]] std::optional<Fault> arrives(FileOperation operation);
  void require(FileOperation operation);

  FileSystem& x_files;
  mutable std::mutex x_mutex;
  std::optional<Fault> x_fault;
  std::vector<FileOperation> x_operations;
};

// Does `operations` again, to another file system: any prefix of a recording is what a crash may
// find.
void replay(std::span<const FileOperation> operations, FileSystem& target);

}  // namespace muniment::test
