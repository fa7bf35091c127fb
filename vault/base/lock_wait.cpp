#include "vault/base/lock_wait.hpp"

#include <thread>

namespace muniment {

std::unique_ptr<FileLock> wait_for_lock(FileSystem& files, const FileSystem::Path& path,
                                        LockWait wait, const Activity& activity) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + wait.at_most;
  while (true) {
    auto held = files.try_lock(path);
    if (held || steady_clock::now() >= deadline) return held;
    activity.check();
    std::this_thread::sleep_for(wait.between_tries);
  }
}

}  // namespace muniment
