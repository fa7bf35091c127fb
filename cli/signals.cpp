#include "cli/signals.hpp"

#include <csignal>

namespace muniment {

namespace {

std::atomic<Activity*> stopped_by_signal{nullptr};
static_assert(std::atomic<Activity*>::is_always_lock_free);

extern "C" void request_stop(int /*signal*/) {
  if (Activity* activity = stopped_by_signal) activity->request_stop();
  // The second one, of either kind, finds the default.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void install(void (*action)(int)) {
  struct sigaction request{};
  request.sa_handler = action;  // no SA_RESTART: a prompt must wake up
  sigemptyset(&request.sa_mask);
  sigaction(SIGINT, &request, nullptr);
  sigaction(SIGTERM, &request, nullptr);
}

}  // namespace

StopOnSignal::StopOnSignal(Activity& activity) {
  stopped_by_signal = &activity;
  install(request_stop);
}

StopOnSignal::~StopOnSignal() {
  install(SIG_DFL);
  stopped_by_signal = nullptr;
}

}  // namespace muniment
