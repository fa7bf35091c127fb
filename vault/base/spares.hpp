// Things that cost time to make, kept by whoever needs one again and again.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace muniment {

// Keeps at most as many as it is told; the others go when they are given back. Thread-safe.
template <class T>
class Spares {
 public:
  explicit Spares(std::size_t kept_max) : x_kept_max(kept_max) {}

  // One that was given back, in the state in which it was, or a new one.
  [[nodiscard]] T take() {
    const std::lock_guard lock(x_mutex);
    if (x_kept.empty()) return T{};
    T spare = std::move(x_kept.back());
    x_kept.pop_back();
    return spare;
  }

  void give(T spare) {
    const std::lock_guard lock(x_mutex);
    if (x_kept.size() < x_kept_max) x_kept.push_back(std::move(spare));
  }

 private:
  const std::size_t x_kept_max;
  std::mutex x_mutex;
  std::vector<T> x_kept;
};

}  // namespace muniment
