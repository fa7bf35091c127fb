// FileSystem on the operating system. Files are never reached through a link in their last place;
// directories may be links, since someone may keep packs/ on another disk.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "vault/base/direct_write.hpp"
#include "vault/base/error.hpp"
#include "vault/base/file.hpp"
#include "vault/base/handle.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

using Path = FileSystem::Path;

[[noreturn]] void fail(const Path& path, std::string_view action, int error_number = errno) {
  throw io_error(escape(path.native()), action, error_number);
}

// Calls again while a signal interrupts. Never for close or fsync: after those the descriptor's
// state, or the data's, is unknown.
template <class Call>
auto retrying(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

// A file descriptor that is closed once. What close could report, sync has reported before.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : x_number(number) {}
  Descriptor(Descriptor&& other) noexcept : x_number(std::exchange(other.x_number, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (x_number >= 0) ::close(x_number);
  }

  [[nodiscard]] bool valid() const noexcept { return x_number >= 0; }
  [[nodiscard]] int get() const noexcept { return x_number; }
  [[nodiscard]] int release() noexcept { return std::exchange(x_number, -1); }

 private:
  int x_number;
};

// O_NONBLOCK: a pipe in a file's place must not make us wait; regular files ignore it.
Descriptor open_file(const Path& path, int flags) {
  constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  return Descriptor(retrying([&] { return ::open(path.c_str(), flags | always, 0600); }));
}

Descriptor open_directory(const Path& path) {
  const char* name = path.empty() ? "." : path.c_str();
  return Descriptor(retrying([&] { return ::open(name, O_RDONLY | O_CLOEXEC | O_DIRECTORY); }));
}

void require_regular(const Path& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::io, escape(path.native()) + ": open: not a regular file");
  }
}

// Packs are; what is smaller is often read again at once.
constexpr std::size_t direct_bytes_min = std::size_t{1} << 20U;

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, Path path)
      : x_descriptor(std::move(descriptor)), x_path(std::move(path)) {
    require_regular(x_path, status());
  }

  [[nodiscard]] std::uint64_t size() const override {
    return static_cast<std::uint64_t>(status().st_size);
  }

  using File::read_at;
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableByteView target) const override {
    std::size_t done = 0;
    while (done < target.size()) {
      const ssize_t count = retrying([&] {
        return ::pread(x_descriptor.get(), target.data() + done, target.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (count < 0) fail(x_path, "read");
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  void write_at(std::uint64_t offset, ByteView bytes) override {
    const int error_number = write_all_at(x_descriptor.get(), offset, bytes, direct_bytes_min);
    if (error_number != 0) fail(x_path, "write", error_number);
  }

  void truncate(std::uint64_t size) override {
    const auto call = [&] { return ::ftruncate(x_descriptor.get(), static_cast<off_t>(size)); };
    if (retrying(call) < 0) fail(x_path, "truncate");
  }

  void start_writeback() override {
    // A hint only; sync reports whatever goes wrong.
    (void)::sync_file_range(x_descriptor.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  }

  void sync() override {
    if (::fdatasync(x_descriptor.get()) < 0) fail(x_path, "sync");
  }

 private:
  [[nodiscard]] struct stat status() const {
    struct stat result{};
    if (::fstat(x_descriptor.get(), &result) < 0) fail(x_path, "stat");
    return result;
  }

  Descriptor x_descriptor;
  Path x_path;
};

// flock, not fcntl: it belongs to the open file, so that it also holds between two parts of one
// process.
class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) noexcept : x_descriptor(std::move(descriptor)) {}

 private:
  Descriptor x_descriptor;
};

class PosixFileSystem final : public FileSystem {
 public:
  [[nodiscard]] std::unique_ptr<File> find(const Path& path) override {
    Descriptor descriptor = open_file(path, O_RDONLY);
    if (!descriptor.valid() && errno == ENOENT) return nullptr;
    return opened(std::move(descriptor), path, "open");
  }

  [[nodiscard]] std::unique_ptr<File> open_or_create(const Path& path) override {
    return opened(open_file(path, O_RDWR | O_CREAT), path, "open");
  }

  [[nodiscard]] std::unique_ptr<File> create(const Path& path) override {
    Descriptor descriptor = open_file(path, O_RDWR | O_CREAT | O_EXCL);
    if (!descriptor.valid() && errno == EEXIST) {
      throw Error(ErrorCode::exists, escape(path.native()) + ": already exists");
    }
    return opened(std::move(descriptor), path, "create");
  }

  void rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) fail(from, "rename");
  }

  bool remove(const Path& path) override {
    if (::unlink(path.c_str()) == 0) return true;
    if (errno != ENOENT) fail(path, "remove");
    return false;
  }

  void make_directory(const Path& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return;
    if (errno != EEXIST) fail(path, "create directory");
    if (!open_directory(path).valid()) fail(path, "open directory");
  }

  void sync_directory(const Path& path) override {
    const Descriptor directory = open_directory(path);
    if (!directory.valid()) fail(path, "open directory");
    if (::fsync(directory.get()) < 0) fail(path, "sync directory");
  }

  [[nodiscard]] std::vector<std::string> list(const Path& path) override {
    Descriptor descriptor = open_directory(path);
    if (!descriptor.valid() && errno == ENOENT) return {};
    if (!descriptor.valid()) fail(path, "open directory");
    const Handle<DIR, ::closedir> directory(::fdopendir(descriptor.get()));
    if (!directory) fail(path, "open directory");
    (void)descriptor.release();
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr && errno != 0) fail(path, "read directory");
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  [[nodiscard]] std::optional<std::uint64_t> file_size(const Path& path) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0) {
      if (errno == ENOENT) return std::nullopt;
      fail(path, "stat");
    }
    require_regular(path, status);
    return static_cast<std::uint64_t>(status.st_size);
  }

  [[nodiscard]] std::unique_ptr<FileLock> try_lock(const Path& path) override {
    Descriptor descriptor = open_file(path, O_RDWR | O_CREAT);
    if (!descriptor.valid()) fail(path, "open");
    if (retrying([&] { return ::flock(descriptor.get(), LOCK_EX | LOCK_NB); }) < 0) {
      if (errno == EWOULDBLOCK) return nullptr;
      fail(path, "lock");
    }
    return std::make_unique<PosixLock>(std::move(descriptor));
  }

 private:
  static std::unique_ptr<File> opened(Descriptor descriptor, const Path& path,
                                      std::string_view action) {
    if (!descriptor.valid()) fail(path, action);
    return std::make_unique<PosixFile>(std::move(descriptor), path);
  }
};

}  // namespace

std::unique_ptr<FileSystem> posix_file_system() {
  return std::make_unique<PosixFileSystem>();
}

}  // namespace muniment
