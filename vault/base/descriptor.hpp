// A file descriptor that is closed exactly once.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace muniment {

// For open() and openat(): a directory, and no link to one.
inline constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : x_number(number) {}
  Descriptor(Descriptor&& other) noexcept : x_number(std::exchange(other.x_number, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(x_number, other.x_number);
    return *this;
  }
  ~Descriptor() {
    if (x_number >= 0) ::close(x_number);
  }

  // Closes it now. 0, or the errno: what was written may be lost then (NFS, quotas).
  [[nodiscard]] int close() noexcept {
    return ::close(std::exchange(x_number, -1)) == 0 ? 0 : errno;
  }

  [[nodiscard]] int get() const noexcept { return x_number; }
  explicit operator bool() const noexcept { return x_number >= 0; }

 private:
  int x_number = -1;
};

}  // namespace muniment
