// A long operation on the screen: what it says, and how far it is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <string>
#include <thread>

#include "cli/terminal.hpp"
#include "vault/base/activity.hpp"

namespace muniment {

// Says notices on the terminal.
class TerminalActivity final : public Activity {
 public:
  explicit TerminalActivity(Terminal& terminal) : x_terminal(terminal) {}

  void notice(const std::string& text) override { x_terminal.warn(text); }

 private:
  Terminal& x_terminal;
};

// Shows an activity's progress from its construction on, on a line of its own that a thread draws
// ten times a second and that goes away in the end. Nothing is shown where that cannot be drawn
// over.
class ProgressBar {
 public:
  // `label` is ASCII: "ingesting". Both must outlive it; the activity's counters start anew.
  ProgressBar(Terminal& terminal, Activity& activity, std::string label);
  ~ProgressBar();
  ProgressBar(ProgressBar&&) = delete;

 private:
  void run();
  [[nodiscard]] std::string line() const;

  Terminal& x_terminal;
  Activity& x_activity;
  std::string x_label;
  std::chrono::steady_clock::time_point x_start;
  std::mutex x_mutex;
  std::condition_variable x_ended;
  bool x_end = false;
  std::thread x_thread;
};

// "4 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string human_duration(std::chrono::seconds duration);

}  // namespace muniment
