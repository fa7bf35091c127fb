// What this program really asks of the operating system in one directory, the vault's own files and
// SQLite's alike. The linker sends every call through here (--wrap, see CMakeLists.txt), so nothing
// below the C library is left to trust, and each call can be made to fail.
//
// In a program that is linked with this, fsync and fdatasync are recorded and do nothing: what
// would be durable is told by the recording, not by the disk under it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/bytes.hpp"

namespace muniment::test {

struct SystemCall {
  enum class Kind {
    open,  // of what is there: a file or a directory
    create,
    read,
    write,
    truncate,
    sync,  // of a file or a directory
    map,   // shared and writable: what is then written to memory is not seen
    rename,
    remove,
    make_directory,
  };

  Kind kind;
  // The file that is open, counted from the first that was opened; none for the last three kinds.
  std::size_t handle = 0;
  std::string path{};        // below the directory; empty: itself
  std::string target{};      // of a rename
  std::uint64_t offset = 0;  // of a write or read; the size after a truncation
  Bytes bytes{};             // of a write: what was written, which a fault may have cut short

  [[nodiscard]] bool changes_something() const noexcept {
    return kind != Kind::open && kind != Kind::read;
  }
};

// What goes wrong.
struct CallFault {
  std::size_t call = 0;  // which one, counted from 0
  int error_number = 0;  // an errno; 0: nothing fails, but a write writes half
  bool half = false;     // if it is a write, its first half happens before it fails
  bool lasting = false;  // every later call that can fail in this way does, too
};

// True if a call of this kind can give this error: a full disk lets us read, and only opening takes
// a descriptor.
[[nodiscard]] bool can_fail_with(SystemCall::Kind kind, int error_number) noexcept;

// While it lives, calls that concern `directory` or what is below it are recorded. One at a time;
// calls may come from any thread. A file that was opened before is not watched.
class WatchedDirectory {
 public:
  explicit WatchedDirectory(const std::filesystem::path& directory,
                            const std::optional<CallFault>& fault = std::nullopt);
  WatchedDirectory(WatchedDirectory&&) = delete;
  ~WatchedDirectory();

  // Those that succeeded so far, in the order in which they happened; not those that read.
  [[nodiscard]] std::vector<SystemCall> calls() const;
  // All that arrived, those that read or were made to fail, too: CallFault counts these.
  [[nodiscard]] std::vector<SystemCall::Kind> arrived() const;
  // The first that was made to fail, if it came to that.
  [[nodiscard]] std::optional<SystemCall> failed() const;
};

}  // namespace muniment::test
