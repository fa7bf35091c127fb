#include "vault/base/direct_write.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "vault/base/page_bytes.hpp"

namespace muniment {

namespace {

// Past the page cache while it lives, if the block allows it. Some file systems take O_DIRECT and
// then refuse the write: end() goes back to the cache.
class DirectIo {
 public:
  DirectIo(int file, std::uint64_t offset, ByteView block, std::size_t bytes_min) noexcept
      : x_file(file) {
    const auto address = reinterpret_cast<std::uintptr_t>(block.data());
    if (block.size() < bytes_min) return;
    if ((address | offset | block.size()) % PageBytes::page_bytes != 0) return;
    x_flags = ::fcntl(x_file, F_GETFL);
    x_direct = x_flags >= 0 && ::fcntl(x_file, F_SETFL, x_flags | O_DIRECT) == 0;
  }
  DirectIo(const DirectIo&) = delete;
  DirectIo& operator=(const DirectIo&) = delete;
  ~DirectIo() { (void)end(); }

  // True if it was on.
  bool end() noexcept {
    if (!x_direct) return false;
    (void)::fcntl(x_file, F_SETFL, x_flags);
    x_direct = false;
    return true;
  }

 private:
  int x_file;
  int x_flags = 0;
  bool x_direct = false;
};

}  // namespace

int write_all_at(int file, std::uint64_t offset, ByteView bytes,
                 std::size_t direct_bytes_min) noexcept {
  DirectIo direct(file, offset, bytes, direct_bytes_min);
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count == 0) return EIO;
    if (count < 0) {
      if (errno == EINTR || (errno == EINVAL && direct.end())) continue;
      return errno;
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace muniment
