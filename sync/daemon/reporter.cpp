#include "sync/daemon/reporter.hpp"

#include <algorithm>

namespace muniment::sync {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds busy_interval{5};
constexpr seconds idle_interval{60};

}  // namespace

Reporter::Reporter(const Environment& environment, const std::filesystem::path& vault, Log& log)
    : x_environment(environment), x_vault(vault), x_log(log) {
  if (auto before = find_daemon_report(x_environment.files, x_vault)) {
    x_report.peers = std::move(before->peers);
  }
  for (auto& [device, known] : x_report.peers) known.connected = false;
}

void Reporter::connected(const DeviceId& device) {
  peer(device).contact = now();
}

void Reporter::disconnected(const DeviceId& device, const Traffic& traffic) {
  DaemonReport::Peer& known = peer(device);
  known.contact = now();
  known.received += traffic.received;
  known.sent += traffic.sent;
}

bool Reporter::is_due(const Sessions& open) const {
  if (!x_written) return true;
  const bool is_same = std::ranges::all_of(x_report.peers, [&](const auto& each) {
    return each.second.connected == open.contains(each.first);
  });
  const bool is_busy = !is_same || x_report.missing_packs > 0 || x_report.received_per_second > 0 ||
                       x_report.sent_per_second > 0;
  return steady_clock::now() - *x_written >= (is_busy ? busy_interval : idle_interval);
}

void Reporter::measure(const Traffic& all) {
  const auto time = steady_clock::now();
  if (x_written) {
    const auto elapsed = std::chrono::duration_cast<seconds>(time - *x_written).count();
    const auto rate = [&](std::uint64_t bytes) {
      return bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed, 1));
    };
    x_report.received_per_second = rate(all.received - x_traffic.received);
    x_report.sent_per_second = rate(all.sent - x_traffic.sent);
  }
  x_traffic = all;
  x_written = time;
}

void Reporter::write(bool running, const Sessions& open, const MissingPacks& missing) {
  x_report.time = now();
  x_report.running = running;
  x_report.missing_packs = missing.packs;
  x_report.missing_bytes = missing.bytes;
  x_report.damaged_packs = missing.damaged;
  for (const auto& [device, traffic] : open) peer(device).contact = now();
  Traffic all;
  for (auto& [device, known] : x_report.peers) {
    known.connected = open.contains(device);
    all.received += known.received;
    all.sent += known.sent;
  }
  for (const auto& [device, traffic] : open) {
    all.received += traffic.received;
    all.sent += traffic.sent;
  }
  measure(all);
  DaemonReport whole = x_report;
  for (const auto& [device, traffic] : open) {
    whole.peers[device].received += traffic.received;
    whole.peers[device].sent += traffic.sent;
  }
  try {
    save_daemon_report(x_environment.files, x_vault, whole);
    x_failed = false;
  } catch (const Error& error) {
    if (!std::exchange(x_failed, true)) x_log.warning(escape(error.what()));
  }
}

}  // namespace muniment::sync
