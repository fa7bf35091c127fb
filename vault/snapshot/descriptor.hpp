// A file descriptor that is closed exactly once.
#pragma once

#include <unistd.h>

#include <utility>

namespace muniment {

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

  [[nodiscard]] int get() const noexcept { return x_number; }
  explicit operator bool() const noexcept { return x_number >= 0; }

 private:
  int x_number = -1;
};

}  // namespace muniment
