// What the daemon says of itself: one line an event, with the time, to one descriptor. Peers,
// addresses, ledgers, packs and amounts; never contents.
#pragma once

#include <mutex>
#include <string_view>

#include "vault/base/clock.hpp"

namespace muniment::sync {

// Thread-safe. A line that cannot be written is lost; nothing else happens.
class Log {
 public:
  // `clock` must outlive it.
  Log(int descriptor, const Clock& clock) : x_descriptor(descriptor), x_clock(clock) {}

  // What went as it should.
  void info(std::string_view text) { write("", text); }
  // What somebody should look at.
  void warning(std::string_view text) { write("warning: ", text); }

 private:
  void write(std::string_view prefix, std::string_view text);

  std::mutex x_mutex;
  int x_descriptor;
  const Clock& x_clock;
};

}  // namespace muniment::sync
