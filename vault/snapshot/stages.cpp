#include "vault/snapshot/stages.hpp"

#include <algorithm>

namespace muniment {

unsigned thread_count(unsigned wanted) noexcept {
  return wanted != 0 ? wanted : std::max(2U, std::thread::hardware_concurrency());
}

Stages::~Stages() {
  const bool running = std::ranges::any_of(x_threads, &std::thread::joinable);
  if (!running) return;
  x_cancel();
  for (std::thread& thread : x_threads) {
    if (thread.joinable()) thread.join();
  }
}

void Stages::start(std::function<void()> stage) {
  x_threads.emplace_back([this, stage = std::move(stage)] { run(stage); });
}

void Stages::run(const std::function<void()>& stage) noexcept {
  try {
    stage();
  } catch (...) {
    {
      const std::lock_guard lock(x_mutex);
      if (!x_failure) x_failure = std::current_exception();
    }
    x_cancel();
  }
}

void Stages::join() {
  for (std::thread& thread : x_threads) thread.join();
  x_threads.clear();
  if (x_failure) std::rethrow_exception(x_failure);
}

}  // namespace muniment
