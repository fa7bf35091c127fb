// How long to wait for a file's lock that another process may hold, and how.
#pragma once

#include <chrono>

#include "vault/base/activity.hpp"
#include "vault/base/file.hpp"

namespace muniment {

struct LockWait {
  std::chrono::milliseconds at_most;
  std::chrono::milliseconds between_tries;
};

// Tries at least once. Empty if it could not be had in time; throws as activity.check() does while
// it waits.
[[nodiscard]] std::unique_ptr<FileLock> wait_for_lock(FileSystem& files,
                                                      const FileSystem::Path& path, LockWait wait,
                                                      const Activity& activity);

}  // namespace muniment
