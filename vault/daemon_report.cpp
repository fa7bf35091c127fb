#include "vault/daemon_report.hpp"

#include <array>

#include "vault/base/assert.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/daemon/v1";
constexpr std::string_view name = "daemon";
constexpr std::uint64_t bytes_max = std::uint64_t{64} << 20U;
// By what they stand for, as false and true.
constexpr std::array<std::string_view, 2> running_words{"stopped", "running"};
constexpr std::array<std::string_view, 2> connected_words{"away", "connected"};

DaemonReport::Peer read_peer(RecordReader& record) {
  DaemonReport::Peer peer;
  peer.connected = record.one_of<bool>(connected_words);
  peer.contact = record.time();
  peer.received = record.u64();
  peer.sent = record.u64();
  peer.failures = record.u32();
  peer.not_before = record.time();
  while (record.key_if("bad")) {
    const auto pack = record.hex<PackId>();
    const UnixSeconds time = record.time();
    const bool ascends = peer.bad_packs.empty() || peer.bad_packs.rbegin()->first < pack;
    if (!ascends || peer.bad_packs.size() == reported_bad_packs_max) record.fail();
    peer.bad_packs.emplace(pack, time);
  }
  return peer;
}

}  // namespace

std::string encode(const DaemonReport& report) {
  VAULT_ASSERT(report.peers.size() <= reported_peers_max);
  RecordWriter record(type);
  record.key("time").time(report.time);
  record.key("state").word(running_words.at(report.running ? 1 : 0));
  record.key("missing").u64(report.missing_packs).u64(report.missing_bytes);
  record.key("damaged").u64(report.damaged_packs);
  record.key("rate").u64(report.received_per_second).u64(report.sent_per_second);
  for (const auto& [device, peer] : report.peers) {
    VAULT_ASSERT(peer.bad_packs.size() <= reported_bad_packs_max);
    record.key("peer").hex(device.view()).word(connected_words.at(peer.connected ? 1 : 0));
    record.time(peer.contact).u64(peer.received).u64(peer.sent);
    record.u64(peer.failures).time(peer.not_before);
    for (const auto& [pack, time] : peer.bad_packs) {
      record.key("bad").hex(pack.view()).time(time);
    }
  }
  return record.finish();
}

std::optional<DaemonReport> decode_daemon_report(std::string_view text) {
  RecordReader record(text, type);
  DaemonReport report;
  report.time = record.key("time").time();
  report.running = record.key("state").one_of<bool>(running_words);
  report.missing_packs = record.key("missing").u64();
  report.missing_bytes = record.u64();
  report.damaged_packs = record.key("damaged").u64();
  report.received_per_second = record.key("rate").u64();
  report.sent_per_second = record.u64();
  while (record.key_if("peer")) {
    const auto device = record.hex<DeviceId>();
    const bool ascends = report.peers.empty() || report.peers.rbegin()->first < device;
    if (!ascends || report.peers.size() == reported_peers_max) record.fail();
    report.peers.emplace(device, read_peer(record));
  }
  if (!record.done()) return std::nullopt;
  return report;
}

std::optional<DaemonReport> find_daemon_report(FileSystem& files,
                                               const std::filesystem::path& vault) {
  const auto bytes = read_file_within(files, vault / name, bytes_max);
  return bytes ? decode_daemon_report(as_text(*bytes)) : std::nullopt;
}

void save_daemon_report(FileSystem& files, const std::filesystem::path& vault,
                        const DaemonReport& report) {
  write_file_atomically(files, vault / name, as_bytes(encode(report)));
}

}  // namespace muniment
