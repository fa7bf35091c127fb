// Time and randomness that a test decides.
#pragma once

#include <mutex>

#include "vault/base/clock.hpp"
#include "vault/crypto/random.hpp"

namespace muniment::test {

// The same bytes for the same seed, whatever the platform; as random as SplitMix64, which is no
// secret. Thread-safe, but which thread gets which bytes is then open.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t seed = 0) noexcept : x_state(seed) {}

  void fill(MutableByteView target) override;
  // The next eight bytes as a number.
  [[nodiscard]] std::uint64_t next();
  // Below `bound`, which is not zero.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  [[nodiscard]] Bytes bytes(std::size_t count);

 private:
  [[nodiscard]] std::uint64_t step() noexcept;

  std::mutex x_mutex;
  std::uint64_t x_state;
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(UnixSeconds now = 1'700'000'000) noexcept : x_now(now) {}

  [[nodiscard]] UnixSeconds now() const override { return x_now; }
  void set(UnixSeconds now) noexcept { x_now = now; }
  void advance(UnixSeconds seconds) noexcept { x_now += seconds; }

 private:
  UnixSeconds x_now;
};

}  // namespace muniment::test
