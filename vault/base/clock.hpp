// Time as an input, so that a test can set it back.
#pragma once

#include <chrono>
#include <cstdint>

namespace muniment {

// Seconds since 1970-01-01 UTC; what signed texts carry.
using UnixSeconds = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UnixSeconds now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixSeconds now() const override {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  }
};

}  // namespace muniment
