// The folder that a restore writes to. Every name is opened relative to its parent and no link is
// followed, so nothing is ever written outside, whatever stands in the folder already.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "vault/base/bytes.hpp"
#include "vault/base/descriptor.hpp"
#include "vault/base/page_bytes.hpp"
#include "vault/snapshot/entry.hpp"

namespace muniment {

// What became of one object. Anything but `done` and `exists` is an errno.
struct TargetResult {
  enum class Kind { done, exists, failed } kind = Kind::done;
  int error_number = 0;

  [[nodiscard]] static TargetResult failed(int error_number) {
    return {Kind::failed, error_number};
  }
  // True if trying the next object would fail too: no space, a read-only file system.
  [[nodiscard]] bool hopeless() const noexcept;
};

// One thread at a time; a thread of its own opens the same folder again. Paths are relative, '/'
// between components, and hold no ".." (a manifest's paths never do).
class Target {
 public:
  // Creates the folder (0700) and its parents where they are missing. Error(io) if it cannot.
  explicit Target(const std::filesystem::path& folder);
  // The same folder, whatever its path leads to by now, for another thread.
  explicit Target(const Target& same);

  [[nodiscard]] TargetResult make_directory(const std::string& path);
  [[nodiscard]] TargetResult make_link(const Entry& entry, const std::string& path, bool overwrite);
  [[nodiscard]] TargetResult set_directory_time(const std::string& path,
                                                const ModificationTime& time);
  [[nodiscard]] bool exists(const std::string& path);

  // Flushes the whole file system that the folder is on.
  [[nodiscard]] TargetResult sync();

 private:
  friend class TargetFile;

  // The folder that holds `path`'s last component; made where it is missing. Sets errno and gives
  // -1 if a file or a link is in the way.
  [[nodiscard]] int parent_of(const std::string& path);

  Descriptor x_root;
  Descriptor x_parent;
  std::string x_parent_path;
  PageBytes x_staged;  // of the file that is being written
};

// A folder that is only looked at, and need not be there. One thread.
class TargetView {
 public:
  struct Place {
    bool exists = false;
    int error_number = 0;  // why a restore to it would fail, as far as names tell
  };

  explicit TargetView(const std::filesystem::path& folder);

  [[nodiscard]] Place look(const std::string& path, EntryKind kind, bool overwrite);

 private:
  // Sets errno and gives -1 where it cannot be reached.
  [[nodiscard]] int parent_of(const std::string& path);

  Descriptor x_root;
  int x_root_error = 0;
  Descriptor x_parent;
  std::string x_parent_path;
};

// A file on its way: written under a temporary name beside its place, renamed when it is whole,
// removed otherwise. All but small files go past the page cache. The Target must outlive it and
// open no other path meanwhile.
class TargetFile {
 public:
  TargetFile(Target& target, const std::string& path);
  ~TargetFile();
  TargetFile(TargetFile&&) = delete;

  // After a failure, bytes are dropped and finish() says why.
  void write(ByteView bytes);
  [[nodiscard]] bool failed() const noexcept { return x_error != 0; }
  // Sets mode and time and puts the file in its place.
  [[nodiscard]] TargetResult finish(const Entry& entry, bool overwrite);

 private:
  void write_staged();

  PageBytes& x_staged;
  std::size_t x_staged_bytes = 0;
  std::uint64_t x_written_bytes = 0;
  int x_parent = -1;
  std::string x_name;
  std::string x_temporary;
  Descriptor x_file;
  int x_error = 0;
};

}  // namespace muniment
