// Writes down what munimentd knows of itself and of its peers (vault/daemon_report.hpp), every few
// seconds while something goes on and every minute while nothing does; and has it again when it is
// started anew.
#pragma once

#include "sync/daemon/log.hpp"
#include "sync/transport/transport.hpp"
#include "vault/daemon_report.hpp"

namespace muniment::sync {

// One thread at a time.
class Reporter {
 public:
  using Sessions = std::map<DeviceId, Traffic>;

  // Reads what an earlier process left. All must outlive it.
  Reporter(const Environment& environment, const std::filesystem::path& vault, Log& log);

  // What is known of a peer, without what its open session carried. To be changed as it behaves.
  [[nodiscard]] DaemonReport::Peer& peer(const DeviceId& device) { return x_report.peers[device]; }
  [[nodiscard]] std::map<DeviceId, DaemonReport::Peer>& peers() noexcept { return x_report.peers; }
  void connected(const DeviceId& device);
  void disconnected(const DeviceId& device, const Traffic& traffic);

  // `open` are the sessions that there are.
  [[nodiscard]] bool is_due(const Sessions& open) const;
  // What cannot be written is said once to the log.
  void write(bool running, const Sessions& open, const MissingPacks& missing);

 private:
  [[nodiscard]] UnixSeconds now() const { return x_environment.clock.now(); }
  void measure(const Traffic& all);

  Environment x_environment;
  std::filesystem::path x_vault;
  Log& x_log;
  DaemonReport x_report;
  Traffic x_traffic;  // of all, when it was last reported
  bool x_failed = false;
  std::optional<std::chrono::steady_clock::time_point> x_written;
};

}  // namespace muniment::sync
