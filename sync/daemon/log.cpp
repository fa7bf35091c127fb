#include "sync/daemon/log.hpp"

#include <unistd.h>

#include <ctime>
#include <string>

namespace muniment::sync {

void Log::write(std::string_view prefix, std::string_view text) {
  const std::time_t now = x_clock.now();
  std::tm fields{};
  char time[32] = "";
  if (::gmtime_r(&now, &fields) != nullptr) {
    std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ ", &fields);
  }
  std::string line = time;
  line.append(prefix).append(text).push_back('\n');
  const std::lock_guard lock(x_mutex);
  // One call, so that no other program's line gets into it.
  static_cast<void>(!::write(x_descriptor, line.data(), line.size()));
}

}  // namespace muniment::sync
