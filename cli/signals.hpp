// SIGINT and SIGTERM end an operation in good order; a second one kills.
#pragma once

#include "vault/base/activity.hpp"

namespace muniment {

// A wait looks so often whether it is to end.
inline constexpr int signal_latency_milliseconds = 100;

// From its construction to its end the two signals ask `activity` to stop. One at a time.
class StopOnSignal {
 public:
  explicit StopOnSignal(Activity& activity);
  ~StopOnSignal();
  StopOnSignal(StopOnSignal&&) = delete;
};

}  // namespace muniment
