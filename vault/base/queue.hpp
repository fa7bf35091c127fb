// A bounded queue between two stages of a pipeline. A full queue makes the producer wait, which is
// the backpressure that keeps memory bounded; a closed one lets the consumers drain and stop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace muniment {

// Any number of threads may push and pop at the same time.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : x_capacity(capacity) {}

  // Waits for room. False, and `value` is dropped, once the queue is closed or cancelled.
  bool push(T value) {
    std::unique_lock lock(x_mutex);
    x_not_full.wait(lock, [this] { return x_closed || x_items.size() < x_capacity; });
    if (x_closed) return false;
    x_items.push_back(std::move(value));
    lock.unlock();
    x_not_empty.notify_one();
    return true;
  }

  // Waits for an item. Empty once the queue is closed and drained, or cancelled.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(x_mutex);
    x_not_empty.wait(lock, [this] { return x_closed || !x_items.empty(); });
    if (x_items.empty()) return std::nullopt;
    std::optional<T> value(std::move(x_items.front()));
    x_items.pop_front();
    lock.unlock();
    x_not_full.notify_one();
    return value;
  }

  // Nothing more comes; what is queued is still handed out.
  void close() { shut(false); }

  // Nothing more comes, and what is queued is dropped.
  void cancel() { shut(true); }

 private:
  void shut(bool drop) {
    {
      const std::lock_guard lock(x_mutex);
      x_closed = true;
      if (drop) x_items.clear();
    }
    x_not_empty.notify_all();
    x_not_full.notify_all();
  }

  const std::size_t x_capacity;
  std::mutex x_mutex;
  std::condition_variable x_not_full;
  std::condition_variable x_not_empty;
  std::deque<T> x_items;
  bool x_closed = false;
};

}  // namespace muniment
