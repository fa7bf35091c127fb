#include "vault/snapshot/target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "vault/base/assert.hpp"
#include "vault/base/direct_write.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

// What is written at a time.
constexpr std::size_t staged_bytes_max = 1 * limits::mib;
// From here on a file is written past the page cache.
constexpr std::size_t direct_bytes_min = 64 * limits::kib;

std::string last_component(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// Unique within the process; whoever else has the name makes open fail, never follow.
std::string temporary_name() {
  static std::atomic<std::uint64_t> next{0};
  return fmt::format(".muniment-{}-{}", ::getpid(), next.fetch_add(1));
}

// As the system takes them: when it was last read, and when it was changed.
std::array<timespec, 2> file_times(const ModificationTime& time) {
  return {{{0, UTIME_NOW}, {time.seconds, time.nanoseconds}}};
}

// Puts `temporary` in the place of `name`; with `overwrite` it replaces a file or a link, never a
// folder.
TargetResult put_in_place(int directory, const std::string& temporary, const std::string& name,
                          bool overwrite) {
  const unsigned flags = overwrite ? 0 : RENAME_NOREPLACE;
  if (::renameat2(directory, temporary.c_str(), directory, name.c_str(), flags) == 0) return {};
  int error_number = errno;
  if (!overwrite && error_number == EINVAL) {
    // A file system without RENAME_NOREPLACE: a hard link refuses to replace, too.
    if (::linkat(directory, temporary.c_str(), directory, name.c_str(), 0) == 0) {
      ::unlinkat(directory, temporary.c_str(), 0);
      return {};
    }
    error_number = errno;
  }
  ::unlinkat(directory, temporary.c_str(), 0);
  if (error_number == EEXIST) return {TargetResult::Kind::exists, 0};
  return TargetResult::failed(error_number);
}

}  // namespace

bool TargetResult::hopeless() const noexcept {
  return kind == Kind::failed &&
         (error_number == ENOSPC || error_number == EDQUOT || error_number == EROFS);
}

Target::Target(const std::filesystem::path& folder) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder, error);
  std::filesystem::create_directories(absolute.has_filename() ? absolute.parent_path() : absolute,
                                      error);
  if (!error && ::mkdir(absolute.c_str(), 0700) != 0 && errno != EEXIST) {
    error = {errno, std::system_category()};
  }
  if (error) throw io_error(escape(folder.native()), "create folder", error.value());
  x_root = Descriptor(::open(absolute.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!x_root) throw io_error(escape(folder.native()), "open folder", errno);
}

Target::Target(const Target& same)
    : x_root(::openat(same.x_root.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!x_root) throw io_error("the destination", "open again", errno);
}

int Target::parent_of(const std::string& path) {
  const std::string wanted = parent_path(path);
  if (wanted.empty()) return x_root.get();
  if (x_parent && wanted == x_parent_path) return x_parent.get();

  Descriptor current;
  int directory = x_root.get();
  std::size_t begin = 0;
  while (begin < wanted.size()) {
    const std::size_t end = std::min(wanted.find('/', begin), wanted.size());
    const std::string name = wanted.substr(begin, end - begin);
    VAULT_ASSERT(name != ".." && !name.empty());
    Descriptor next(::openat(directory, name.c_str(), directory_flags));
    if (!next && errno == ENOENT) {
      if (::mkdirat(directory, name.c_str(), 0700) != 0 && errno != EEXIST) return -1;
      next = Descriptor(::openat(directory, name.c_str(), directory_flags));
    }
    if (!next) return -1;
    current = std::move(next);
    directory = current.get();
    begin = end + 1;
  }
  x_parent = std::move(current);
  x_parent_path = wanted;
  return x_parent.get();
}

TargetResult Target::make_directory(const std::string& path) {
  const int parent = parent_of(path);
  if (parent < 0) return TargetResult::failed(errno);
  const std::string name = last_component(path);
  if (::mkdirat(parent, name.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return TargetResult::failed(errno);
  struct stat status{};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return TargetResult::failed(errno);
  }
  return S_ISDIR(status.st_mode) ? TargetResult{} : TargetResult::failed(ENOTDIR);
}

TargetResult Target::make_link(const Entry& entry, const std::string& path, bool overwrite) {
  const int parent = parent_of(path);
  if (parent < 0) return TargetResult::failed(errno);
  const std::string temporary = temporary_name();
  if (::symlinkat(entry.link_target.c_str(), parent, temporary.c_str()) != 0) {
    return TargetResult::failed(errno);
  }
  // Not every file system keeps a link's time, and nobody misses it.
  if (entry.time) {
    const auto times = file_times(*entry.time);
    static_cast<void>(::utimensat(parent, temporary.c_str(), times.data(), AT_SYMLINK_NOFOLLOW));
  }
  return put_in_place(parent, temporary, last_component(path), overwrite);
}

TargetResult Target::set_directory_time(const std::string& path, const ModificationTime& time) {
  const int parent = parent_of(path);
  if (parent < 0) return TargetResult::failed(errno);
  // Opened as a folder, since a file or a link that stood in its place keeps its time.
  const Descriptor directory(::openat(parent, last_component(path).c_str(), directory_flags));
  const auto times = file_times(time);
  if (!directory || ::futimens(directory.get(), times.data()) != 0)
    return TargetResult::failed(errno);
  return {};
}

bool Target::exists(const std::string& path) {
  const int parent = parent_of(path);
  struct stat status{};
  return parent >= 0 &&
         ::fstatat(parent, last_component(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

TargetResult Target::sync() {
  return ::syncfs(x_root.get()) == 0 ? TargetResult{} : TargetResult::failed(errno);
}

TargetView::TargetView(const std::filesystem::path& folder)
    : x_root(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!x_root) x_root_error = errno;
}

int TargetView::parent_of(const std::string& path) {
  if (!x_root) {
    errno = x_root_error;
    return -1;
  }
  const std::string wanted = parent_path(path);
  if (wanted.empty()) return x_root.get();
  if (x_parent && wanted == x_parent_path) return x_parent.get();
  Descriptor current;
  std::size_t begin = 0;
  while (begin < wanted.size()) {
    const std::size_t end = std::min(wanted.find('/', begin), wanted.size());
    const std::string name = wanted.substr(begin, end - begin);
    Descriptor next(
        ::openat(current ? current.get() : x_root.get(), name.c_str(), directory_flags));
    if (!next) return -1;
    current = std::move(next);
    begin = end + 1;
  }
  x_parent = std::move(current);
  x_parent_path = wanted;
  return x_parent.get();
}

TargetView::Place TargetView::look(const std::string& path, EntryKind kind, bool overwrite) {
  struct stat status{};
  const int parent = parent_of(path);
  if (parent < 0 ||
      ::fstatat(parent, last_component(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return {false, errno == ENOENT ? 0 : errno};
  }
  const bool folder = S_ISDIR(status.st_mode);
  if (kind == EntryKind::directory) return {true, folder ? 0 : ENOTDIR};
  if (!overwrite) return {true, 0};
  return {true, folder ? EISDIR : 0};
}

TargetFile::TargetFile(Target& target, const std::string& path)
    : x_staged(target.x_staged), x_parent(target.parent_of(path)), x_name(last_component(path)) {
  x_staged.resize(staged_bytes_max);
  if (x_parent < 0) {
    x_error = errno;
    return;
  }
  x_temporary = temporary_name();
  x_file = Descriptor(::openat(x_parent, x_temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!x_file) x_error = errno;
}

TargetFile::~TargetFile() {
  if (x_file) ::unlinkat(x_parent, x_temporary.c_str(), 0);
}

void TargetFile::write(ByteView bytes) {
  while (!failed() && !bytes.empty()) {
    const ByteView next = bytes.first(std::min(bytes.size(), staged_bytes_max - x_staged_bytes));
    std::copy(next.begin(), next.end(), x_staged.data() + x_staged_bytes);
    x_staged_bytes += next.size();
    bytes = bytes.subspan(next.size());
    if (x_staged_bytes == staged_bytes_max) write_staged();
  }
}

void TargetFile::write_staged() {
  const ByteView staged = ByteView(x_staged).first(std::exchange(x_staged_bytes, 0));
  // What is less than a page at the end goes through the cache in any case, and a small file all
  // at once.
  const std::size_t last =
      staged.size() < direct_bytes_min ? 0 : staged.size() % PageBytes::page_bytes;
  for (const ByteView part : {staged.first(staged.size() - last), staged.last(last)}) {
    if (failed()) return;
    x_error = write_all_at(x_file.get(), x_written_bytes, part, direct_bytes_min);
    x_written_bytes += part.size();
  }
}

TargetResult TargetFile::finish(const Entry& entry, bool overwrite) {
  write_staged();
  if (!failed() && entry.executable && ::fchmod(x_file.get(), 0700) != 0) x_error = errno;
  if (!failed() && entry.time) {
    const auto times = file_times(*entry.time);
    if (::futimens(x_file.get(), times.data()) != 0) x_error = errno;
  }
  if (failed()) return TargetResult::failed(x_error);
  if (const int error_number = x_file.close(); error_number != 0) {
    ::unlinkat(x_parent, x_temporary.c_str(), 0);
    return TargetResult::failed(error_number);
  }
  return put_in_place(x_parent, x_temporary, x_name, overwrite);
}

}  // namespace muniment
