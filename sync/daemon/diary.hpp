// What the daemon tells the access log: that it runs, with whom it exchanged how much, and that the
// clock was set. Every hour it says that it is still there, so that silence shows.
#pragma once

#include <deque>
#include <map>

#include "sync/daemon/log.hpp"
#include "sync/transport/transport.hpp"
#include "vault/replication.hpp"

namespace muniment::sync {

inline constexpr std::chrono::hours heartbeat_interval{1};
// Sessions are told together: whoever connects again and again fills no disk.
inline constexpr std::chrono::minutes session_interval{1};
// What a time server corrects is less.
inline constexpr std::chrono::seconds clock_jump_min{60};

// Used by one thread at a time. What cannot be written is said to the daemon's log and tried again,
// but for the beginning.
class Diary {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // All must outlive it.
  Diary(Replication& replication, const Clock& clock, Log& log)
      : x_replication(replication), x_clock(clock), x_log(log) {}

  // Errors are those of Replication::record: where it cannot be written, nothing may begin.
  void began(Steady now);
  void session_ended(const DeviceId& peer, const TransportListener::End& end);
  // Writes what is due; to be called every few seconds.
  void tick(Steady now);
  // Writes all that is left.
  void ended(Steady now);

 private:
  // With one peer, since they were last told.
  struct Sessions {
    std::uint64_t count = 0;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t faults = 0;  // of theirs
  };

  void note_clock(Steady now);
  void note_sessions();
  // Until one cannot be written.
  void write(Steady now);

  Replication& x_replication;
  const Clock& x_clock;
  Log& x_log;
  std::map<DeviceId, Sessions> x_sessions;
  std::deque<AccessEvent> x_unwritten;
  Steady x_heartbeat_due;
  Steady x_sessions_due;         // and what could not be written before
  Steady x_seen;                 // when the clocks were last compared
  UnixSeconds x_seen_clock = 0;  // and what the other one said
};

}  // namespace muniment::sync
