// How much of packs may travel, each way, in all and with one peer, and whether it is time for
// packs at all. Ledgers and all that belongs to them are small, and never wait. Without a clock of
// its own.
#pragma once

#include <map>

#include "sync/limits.hpp"
#include "vault/base/ids.hpp"

namespace muniment::sync {

// Bytes a second. What was not used is kept for limits::burst_time; what is taken at once may be
// more than there is, and then what comes next waits for it.
class TokenBucket {
 public:
  // 0: no limit.
  explicit TokenBucket(std::uint64_t bytes_per_second = 0) : x_rate(bytes_per_second) {}

  // From when on something may be taken; what is past is now.
  [[nodiscard]] Instant ready_at() const noexcept;
  void take(std::uint64_t bytes, Instant now);
  // Of what was taken and did not travel.
  void give_back(std::uint64_t bytes);

 private:
  [[nodiscard]] std::chrono::nanoseconds time_of(std::uint64_t bytes) const;

  std::uint64_t x_rate;
  // Until then what was taken uses up the rate.
  std::chrono::nanoseconds x_used_until{};
};

enum class Way { in, out };

// Bytes a second; 0: no limit.
struct Rates {
  std::uint64_t in = 0;
  std::uint64_t out = 0;

  friend bool operator==(const Rates&, const Rates&) = default;
};

struct ThrottleOptions {
  Rates all;                          // of all peers together
  Rates each;                         // of each peer by itself
  std::map<DeviceId, Rates> peers{};  // of these, in place of `each`
};

// One thread.
class Throttle {
 public:
  Throttle() = default;
  explicit Throttle(ThrottleOptions options);

  // While it is closed, packs are neither asked for nor given.
  void set_open(bool open) noexcept { x_open = open; }

  // From when on shards may travel; Instant::max() while it is closed.
  [[nodiscard]] Instant ready_at(Way way, const DeviceId& peer);
  void take(Way way, const DeviceId& peer, std::uint64_t bytes, Instant now);
  void give_back(Way way, const DeviceId& peer, std::uint64_t bytes);

 private:
  struct Buckets {
    explicit Buckets(const Rates& rates = {}) : in(rates.in), out(rates.out) {}
    [[nodiscard]] TokenBucket& operator[](Way way) noexcept { return way == Way::in ? in : out; }

    TokenBucket in;
    TokenBucket out;
  };

  [[nodiscard]] Buckets& of(const DeviceId& peer);

  ThrottleOptions x_options;
  bool x_open = true;
  Buckets x_all;
  std::map<DeviceId, Buckets> x_peers;
};

}  // namespace muniment::sync
