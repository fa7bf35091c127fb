// Randomness as an input, so that a test can replay a machine that was rolled back.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

class Random {
 public:
  virtual ~Random() = default;
  // Thread-safe.
  virtual void fill(MutableByteView target) = 0;

  template <class Fixed>
  [[nodiscard]] Fixed fixed() {
    Fixed value;
    fill(value.mutable_view());
    return value;
  }
};

// The kernel's generator through libsodium.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView target) override;
};

}  // namespace muniment
