// A file system in memory that can lose power. It keeps what was synced apart from what was only
// written, for the contents of files and for the entries of directories.
#pragma once

#include <map>
#include <mutex>

#include "vault/base/file.hpp"
#include "vault/crypto/random.hpp"

namespace muniment::test {

// Starts as an empty root; `/a`, `a` and `./a` are the same file. Errors are those of the real one.
// What a crash may do is what POSIX leaves open, and no more:
// - contents written since the file's last sync are there, not there, or there in part;
// - of the changes to one directory since its last sync, the first few happened and the rest did
// not; a
//   rename inside one directory happens whole, one between two can be seen in either without the
//   other.
class MemoryFileSystem final : public FileSystem {
 public:
  enum class Unsynced { lost, kept };

  MemoryFileSystem();

  // The power fails and comes back. Locks are free, files opened before are dead: what is written
  // to them goes nowhere.
  void crash(Unsynced fate);
  // As above; each unsynced change has a fate of its own.
  void crash(Random& fates);

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
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  struct Place;
  class OpenFile;
  class Lock;
  class Survivors;

  [[nodiscard]] NodePointer find_node(const Path& path) const;
  [[nodiscard]] NodePointer find_file(const Path& path) const;
  [[nodiscard]] Place place_of(const Path& path, std::string_view action) const;
  [[nodiscard]] std::unique_ptr<File> open(const NodePointer& node, const Path& path,
                                           bool writable);

  // Shared with the files and locks handed out, which may outlive this object.
  std::shared_ptr<std::mutex> x_mutex;
  NodePointer x_root;
};

}  // namespace muniment::test
