// The threads of a pipeline. If one fails the others are woken and joined, and the first failure is
// what the caller sees.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace muniment {

// `wanted`, or as many as the machine has, at least two, if that is 0.
[[nodiscard]] unsigned thread_count(unsigned wanted) noexcept;

// Owned and used by one thread; the functions that it starts run on theirs.
class Stages {
 public:
  // `cancel` closes every queue between the stages, so that no thread waits for one that has
  // failed. It may be called more than once and from any thread.
  explicit Stages(std::function<void()> cancel) : x_cancel(std::move(cancel)) {}
  // Cancels and joins what still runs.
  ~Stages();
  Stages(Stages&&) = delete;

  void start(std::function<void()> stage);
  // Runs a stage on this thread; its failure is kept like another's.
  void run(const std::function<void()>& stage) noexcept;
  // Waits for all, then throws the first failure.
  void join();

 private:
  std::function<void()> x_cancel;
  std::mutex x_mutex;
  std::exception_ptr x_failure;
  std::vector<std::thread> x_threads;
};

}  // namespace muniment
