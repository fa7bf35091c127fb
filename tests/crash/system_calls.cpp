#include "tests/crash/system_calls.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <map>
#include <mutex>

#include "vault/base/assert.hpp"

// `__real_X` is the C library's X; the linker makes every call of X one of `__wrap_X`.
#define VAULT_WRAPPED(result, name, ...)                    \
  result real_##name(__VA_ARGS__) __asm__("__real_" #name); \
  result wrapped_##name(__VA_ARGS__) __asm__("__wrap_" #name);

extern "C" {
VAULT_WRAPPED(int, open, const char* path, int flags, ...)
VAULT_WRAPPED(int, open64, const char* path, int flags, ...)
VAULT_WRAPPED(int, __open_2, const char* path, int flags)
VAULT_WRAPPED(int, __open64_2, const char* path, int flags)
VAULT_WRAPPED(int, openat, int directory, const char* path, int flags, ...)
VAULT_WRAPPED(int, close, int number)
VAULT_WRAPPED(ssize_t, read, int number, void* target, size_t size)
VAULT_WRAPPED(ssize_t, pread, int number, void* target, size_t size, off_t offset)
VAULT_WRAPPED(ssize_t, pread64, int number, void* target, size_t size, off64_t offset)
VAULT_WRAPPED(ssize_t, write, int number, const void* bytes, size_t size)
VAULT_WRAPPED(ssize_t, pwrite, int number, const void* bytes, size_t size, off_t offset)
VAULT_WRAPPED(ssize_t, pwrite64, int number, const void* bytes, size_t size, off64_t offset)
VAULT_WRAPPED(int, ftruncate, int number, off_t size)
VAULT_WRAPPED(int, ftruncate64, int number, off64_t size)
VAULT_WRAPPED(int, fsync, int number)
VAULT_WRAPPED(int, fdatasync, int number)
VAULT_WRAPPED(int, sync_file_range, int number, off64_t offset, off64_t size, unsigned flags)
VAULT_WRAPPED(int, rename, const char* from, const char* to)
VAULT_WRAPPED(int, unlink, const char* path)
VAULT_WRAPPED(int, rmdir, const char* path)
VAULT_WRAPPED(int, mkdir, const char* path, mode_t mode)
VAULT_WRAPPED(void*, mmap, void* at, size_t size, int access, int flags, int number, off_t offset)
VAULT_WRAPPED(void*, mmap64, void* at, size_t size, int access, int flags, int number,
              off64_t offset)
}

namespace muniment::test {

namespace {

using Kind = SystemCall::Kind;

struct Opened {
  std::size_t handle = 0;
  std::string path;
};

struct Watch {
  std::mutex mutex;
  std::string directory;  // empty: nothing is watched
  std::optional<CallFault> fault;
  std::map<int, Opened> open;
  std::vector<SystemCall> calls;
  std::vector<Kind> arrived;
  std::size_t handles = 0;
  std::optional<SystemCall> failed;

  // The path below the watched directory, if it is there.
  [[nodiscard]] std::optional<std::string> below(const char* path) const {
    const std::string_view text = path;
    if (directory.empty() || !text.starts_with(directory)) return std::nullopt;
    if (text.size() == directory.size()) return "";
    if (text[directory.size()] != '/') return std::nullopt;
    return std::string(text.substr(directory.size() + 1));
  }

  [[nodiscard]] const Opened* find(int number) const {
    const auto found = open.find(number);
    return directory.empty() || found == open.end() ? nullptr : &found->second;
  }

  // Counts the call; the fault, if it is to fail.
  [[nodiscard]] std::optional<CallFault> arrives(const SystemCall& call) {
    const std::size_t number = arrived.size();
    arrived.push_back(call.kind);
    if (!fault || number < fault->call) return std::nullopt;
    if (number > fault->call && !fault->lasting) return std::nullopt;
    const bool fits = fault->error_number == 0 ? call.kind == Kind::write
                                               : can_fail_with(call.kind, fault->error_number);
    if (!fits) return std::nullopt;
    if (!failed) failed = call;
    return fault;
  }

  // Does the call unless it is to fail. Under the mutex, so that the order of the recording is what
  // happened.
  template <class Real>
  auto perform(SystemCall call, Real real) -> decltype(real()) {
    if (const auto wrong = arrives(call)) {
      errno = wrong->error_number;
      return -1;
    }
    const auto result = real();
    if (result >= 0) calls.push_back(std::move(call));
    return result;
  }
};

Watch& watch() {
  static Watch one;
  return one;
}

template <class Real>
int open_file(const char* path, int flags, Real real) {
  Watch& watched = watch();
  const std::lock_guard lock(watched.mutex);
  const auto below = watched.below(path);
  if (!below) {
    const int number = real();
    watched.open.erase(number);
    return number;
  }
  struct stat status{};
  const bool there = ::lstat(path, &status) == 0;
  const bool creates = (flags & O_CREAT) != 0 && !there;
  SystemCall call{.kind = creates ? Kind::create : Kind::open, .path = *below};
  call.handle = watched.handles++;
  const Opened opened{call.handle, *below};
  const int number = watched.perform(std::move(call), real);
  if (number < 0) return number;
  watched.open[number] = opened;
  if ((flags & O_TRUNC) != 0) {
    watched.calls.push_back({.kind = Kind::truncate, .handle = opened.handle, .path = *below});
  }
  return number;
}

mode_t mode_of(int flags, va_list& more) {
  return (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
}

// For calls on a descriptor: `kind` of a file that is watched, or just the call.
template <class Real>
auto on_descriptor(int number, SystemCall call, Real real) -> decltype(real()) {
  Watch& watched = watch();
  const std::unique_lock lock(watched.mutex);
  const Opened* opened = watched.find(number);
  if (opened == nullptr) return real();
  call.handle = opened->handle;
  call.path = opened->path;
  return watched.perform(std::move(call), real);
}

template <class Real>
ssize_t read_file(int number, std::uint64_t offset, Real real) {
  Watch& watched = watch();
  std::unique_lock lock(watched.mutex);
  const Opened* opened = watched.find(number);
  if (opened != nullptr) {
    const SystemCall call{
        .kind = Kind::read, .handle = opened->handle, .path = opened->path, .offset = offset};
    if (const auto wrong = watched.arrives(call)) {
      errno = wrong->error_number;
      return -1;
    }
  }
  lock.unlock();
  return real();
}

// `real` writes as many bytes as it is told.
template <class Real>
ssize_t write_file(int number, const void* bytes, std::size_t size, std::uint64_t offset,
                   Real real) {
  Watch& watched = watch();
  std::unique_lock lock(watched.mutex);
  const Opened* opened = watched.find(number);
  if (opened == nullptr) {
    lock.unlock();
    return real(size);
  }
  SystemCall call{
      .kind = Kind::write, .handle = opened->handle, .path = opened->path, .offset = offset};
  const auto wrong = watched.arrives(call);
  if (wrong && !wrong->half) {
    errno = wrong->error_number;
    return -1;
  }
  const ssize_t written = real(wrong && size > 1 ? size / 2 : size);
  if (written > 0) {
    const auto* first = static_cast<const std::byte*>(bytes);
    call.bytes.assign(first, first + written);
    watched.calls.push_back(std::move(call));
  }
  // A write that the disk cut short says so by its result; the next one gives the error.
  if (wrong && wrong->error_number != 0 && !wrong->lasting) {
    watched.fault = CallFault{.call = watched.arrived.size(), .error_number = wrong->error_number};
  }
  return written;
}

template <class Real>
int on_path(SystemCall call, const char* path, Real real) {
  Watch& watched = watch();
  const std::lock_guard lock(watched.mutex);
  const auto below = watched.below(path);
  if (!below) return real();
  call.path = *below;
  return watched.perform(std::move(call), real);
}

void note_mapping(int access, int flags, int number) {
  if ((access & PROT_WRITE) == 0 || (flags & MAP_SHARED) == 0) return;
  Watch& watched = watch();
  const std::lock_guard lock(watched.mutex);
  if (const Opened* opened = watched.find(number)) {
    watched.calls.push_back({.kind = Kind::map, .handle = opened->handle, .path = opened->path});
  }
}

}  // namespace

bool can_fail_with(SystemCall::Kind kind, int error_number) noexcept {
  switch (error_number) {
    case EMFILE:
      return kind == Kind::open || kind == Kind::create;
    case ENOSPC:
      return kind != Kind::open && kind != Kind::read && kind != Kind::remove &&
             kind != Kind::truncate;
    default:
      return true;
  }
}

WatchedDirectory::WatchedDirectory(const std::filesystem::path& directory,
                                   const std::optional<CallFault>& fault) {
  Watch& watched = watch();
  const std::lock_guard lock(watched.mutex);
  VAULT_ASSERT(watched.directory.empty() && directory.is_absolute());
  watched.directory = directory.native();
  watched.fault = fault;
  watched.open.clear();
  watched.calls.clear();
  watched.arrived.clear();
  watched.handles = 0;
  watched.failed.reset();
}

WatchedDirectory::~WatchedDirectory() {
  Watch& watched = watch();
  const std::lock_guard lock(watched.mutex);
  watched.directory.clear();
  watched.fault.reset();
  watched.calls.clear();
}

std::vector<SystemCall> WatchedDirectory::calls() const {
  const std::lock_guard lock(watch().mutex);
  return watch().calls;
}

std::vector<SystemCall::Kind> WatchedDirectory::arrived() const {
  const std::lock_guard lock(watch().mutex);
  return watch().arrived;
}

std::optional<SystemCall> WatchedDirectory::failed() const {
  const std::lock_guard lock(watch().mutex);
  return watch().failed;
}

}  // namespace muniment::test

// ---- what the linker calls ----

using namespace muniment::test;

int wrapped_open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_file(path, flags, [&] { return real_open(path, flags, mode); });
}

int wrapped_open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_file(path, flags, [&] { return real_open64(path, flags, mode); });
}

int wrapped___open_2(const char* path, int flags) {
  return open_file(path, flags, [&] { return real___open_2(path, flags); });
}

int wrapped___open64_2(const char* path, int flags) {
  return open_file(path, flags, [&] { return real___open64_2(path, flags); });
}

// Only the user's own folders are walked in this way.
int wrapped_openat(int directory, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  std::string whole = path;
  {
    const std::lock_guard lock(watch().mutex);
    if (const Opened* opened = watch().find(directory)) {
      whole = watch().directory;
      if (!opened->path.empty()) whole.append("/").append(opened->path);
      if (std::strcmp(path, ".") != 0) whole.append("/").append(path);
    }
  }
  return open_file(whole.c_str(), flags, [&] { return real_openat(directory, path, flags, mode); });
}

int wrapped_close(int number) {
  {
    const std::lock_guard lock(watch().mutex);
    watch().open.erase(number);
  }
  return real_close(number);
}

ssize_t wrapped_read(int number, void* target, size_t size) {
  return read_file(number, 0, [&] { return real_read(number, target, size); });
}

ssize_t wrapped_pread(int number, void* target, size_t size, off_t offset) {
  return read_file(number, static_cast<std::uint64_t>(offset),
                   [&] { return real_pread(number, target, size, offset); });
}

ssize_t wrapped_pread64(int number, void* target, size_t size, off64_t offset) {
  return read_file(number, static_cast<std::uint64_t>(offset),
                   [&] { return real_pread64(number, target, size, offset); });
}

ssize_t wrapped_write(int number, const void* bytes, size_t size) {
  const off_t at = ::lseek(number, 0, SEEK_CUR);
  const std::uint64_t offset = at < 0 ? 0 : static_cast<std::uint64_t>(at);
  return write_file(number, bytes, size, offset,
                    [&](std::size_t count) { return real_write(number, bytes, count); });
}

ssize_t wrapped_pwrite(int number, const void* bytes, size_t size, off_t offset) {
  return write_file(number, bytes, size, static_cast<std::uint64_t>(offset),
                    [&](std::size_t count) { return real_pwrite(number, bytes, count, offset); });
}

ssize_t wrapped_pwrite64(int number, const void* bytes, size_t size, off64_t offset) {
  return write_file(number, bytes, size, static_cast<std::uint64_t>(offset),
                    [&](std::size_t count) { return real_pwrite64(number, bytes, count, offset); });
}

int wrapped_ftruncate(int number, off_t size) {
  return on_descriptor(number, {.kind = Kind::truncate, .offset = static_cast<std::uint64_t>(size)},
                       [&] { return real_ftruncate(number, size); });
}

int wrapped_ftruncate64(int number, off64_t size) {
  return on_descriptor(number, {.kind = Kind::truncate, .offset = static_cast<std::uint64_t>(size)},
                       [&] { return real_ftruncate64(number, size); });
}

int wrapped_fsync(int number) {
  return on_descriptor(number, {.kind = Kind::sync}, [] { return 0; });
}

int wrapped_fdatasync(int number) {
  return on_descriptor(number, {.kind = Kind::sync}, [] { return 0; });
}

// A hint that promises nothing.
int wrapped_sync_file_range(int, off64_t, off64_t, unsigned) {
  return 0;
}

int wrapped_rename(const char* from, const char* to) {
  SystemCall call{.kind = Kind::rename};
  {
    const std::lock_guard lock(watch().mutex);
    call.target = watch().below(to).value_or("");
  }
  return on_path(std::move(call), from, [&] { return real_rename(from, to); });
}

int wrapped_unlink(const char* path) {
  return on_path({.kind = Kind::remove}, path, [&] { return real_unlink(path); });
}

int wrapped_rmdir(const char* path) {
  return on_path({.kind = Kind::remove}, path, [&] { return real_rmdir(path); });
}

int wrapped_mkdir(const char* path, mode_t mode) {
  return on_path({.kind = Kind::make_directory}, path, [&] { return real_mkdir(path, mode); });
}

void* wrapped_mmap(void* at, size_t size, int access, int flags, int number, off_t offset) {
  note_mapping(access, flags, number);
  return real_mmap(at, size, access, flags, number, offset);
}

void* wrapped_mmap64(void* at, size_t size, int access, int flags, int number, off64_t offset) {
  note_mapping(access, flags, number);
  return real_mmap64(at, size, access, flags, number, offset);
}
