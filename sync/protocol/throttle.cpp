#include "sync/protocol/throttle.hpp"

#include <algorithm>

namespace muniment::sync {

namespace {

using std::chrono::nanoseconds;

}  // namespace

nanoseconds TokenBucket::time_of(std::uint64_t bytes) const {
  return x_rate == 0 ? nanoseconds{} : nanoseconds(bytes * std::nano::den / x_rate);
}

Instant TokenBucket::ready_at() const noexcept {
  return std::chrono::ceil<Instant>(x_used_until) - limits::burst_time;
}

void TokenBucket::take(std::uint64_t bytes, Instant now) {
  x_used_until = std::max<nanoseconds>(x_used_until, now) + time_of(bytes);
}

void TokenBucket::give_back(std::uint64_t bytes) {
  x_used_until -= time_of(bytes);
}

Throttle::Throttle(ThrottleOptions options) : x_options(std::move(options)), x_all(x_options.all) {}

Throttle::Buckets& Throttle::of(const DeviceId& peer) {
  const auto own = x_options.peers.find(peer);
  const Rates& rates = own == x_options.peers.end() ? x_options.each : own->second;
  return x_peers.try_emplace(peer, rates).first->second;
}

Instant Throttle::ready_at(Way way, const DeviceId& peer) {
  if (!x_open) return Instant::max();
  return std::max(x_all[way].ready_at(), of(peer)[way].ready_at());
}

void Throttle::take(Way way, const DeviceId& peer, std::uint64_t bytes, Instant now) {
  x_all[way].take(bytes, now);
  of(peer)[way].take(bytes, now);
}

void Throttle::give_back(Way way, const DeviceId& peer, std::uint64_t bytes) {
  x_all[way].give_back(bytes);
  of(peer)[way].give_back(bytes);
}

}  // namespace muniment::sync
