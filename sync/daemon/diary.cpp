#include "sync/daemon/diary.hpp"

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment::sync {

void Diary::began(Steady now) {
  x_replication.record({access_act::daemon_start, {}});
  x_heartbeat_due = now + heartbeat_interval;
  x_sessions_due = now + session_interval;
  x_seen = now;
  x_seen_clock = x_clock.now();
}

void Diary::session_ended(const DeviceId& peer, const TransportListener::End& end) {
  Sessions& sessions = x_sessions[peer];
  ++sessions.count;
  sessions.received += end.traffic.received;
  sessions.sent += end.traffic.sent;
  sessions.faults += end.peer_failed ? 1U : 0U;
}

void Diary::tick(Steady now) {
  const bool is_waiting = !x_unwritten.empty();
  note_clock(now);
  if (is_waiting && now < x_sessions_due) return;
  if (!is_waiting && now >= x_sessions_due) note_sessions();
  if (!is_waiting && now >= x_heartbeat_due) {
    x_unwritten.push_back({access_act::heartbeat, {}});
    x_heartbeat_due = now + heartbeat_interval;
  }
  if (!x_unwritten.empty()) write(now);
}

void Diary::ended(Steady now) {
  note_sessions();
  x_unwritten.push_back({access_act::daemon_stop, {}});
  write(now);
}

// The steady clock goes on whatever the other one is set to. While the machine sleeps it may stand,
// and then the other one jumps.
void Diary::note_clock(Steady now) {
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - x_seen);
  const UnixSeconds clock = x_clock.now();
  const UnixSeconds jump = clock - (x_seen_clock + passed.count());
  x_seen += passed;
  x_seen_clock = clock;
  if (std::abs(jump) < clock_jump_min.count()) return;
  x_unwritten.push_back({access_act::clock, (jump < 0 ? "set back by " : "set forward by ") +
                                                std::to_string(std::abs(jump)) + " seconds"});
}

void Diary::note_sessions() {
  for (const auto& [peer, sessions] : x_sessions) {
    std::string detail = "device " + peer.hex() + ": " + std::to_string(sessions.count) +
                         (sessions.count == 1 ? " session, " : " sessions, ") +
                         human_bytes(sessions.received) + " received, " +
                         human_bytes(sessions.sent) + " sent";
    if (sessions.faults > 0) {
      detail += "; broken off for a fault of theirs: " + std::to_string(sessions.faults);
    }
    x_unwritten.push_back({access_act::sync, std::move(detail)});
  }
  x_sessions.clear();
}

void Diary::write(Steady now) {
  x_sessions_due = now + session_interval;
  try {
    while (!x_unwritten.empty()) {
      x_replication.record(x_unwritten.front());
      x_unwritten.pop_front();
    }
  } catch (const Error& error) {
    x_log.warning(escape(error.what()) + "; it is tried again");
  }
}

}  // namespace muniment::sync
