// The daemon's configuration: `key = value` lines in a file, or `--key value` on the command line.
// munimentd.conf documents every key.
#pragma once

#include <filesystem>
#include <set>

#include "sync/daemon/schedule.hpp"
#include "sync/transport/transport.hpp"

namespace muniment::sync {

// What is said of a device or a collection in the log.
inline constexpr std::size_t short_id_digits = 8;

struct PeerConfig {
  DeviceId device;
  Address address;
  std::string name;  // for the log; its id's first digits if none was given
};

struct DaemonConfig {
  std::filesystem::path vault;
  std::filesystem::path key_file;
  std::vector<Address> listen;
  std::vector<PeerConfig> peers;  // several of one device are its addresses, tried in turn
  std::optional<Address> proxy;   // at an IP address
  std::set<DeviceId> direct;      // who is dialled past it
  ThrottleOptions limits;
  std::vector<Window> windows;  // in which packs travel; none: always
  std::set<DeviceId> forgiven;  // of whom an earlier process knew nothing bad
  std::set<DeviceId> only;      // of the peers, who is dialled; empty: all
  bool once = false;            // ends when nothing more is to be done, and listens nowhere
  std::chrono::seconds rescan{2};
};

// Far more than 64 members' devices take.
inline constexpr std::size_t config_bytes_max = std::size_t{256} * 1024;

// Sets what one line or option says. Error(usage) names the key and what it should be.
void set_option(DaemonConfig& config, std::string_view key, std::string_view value);

// Every line of a file's text. Error(usage) names the line.
void read_config(DaemonConfig& config, std::string_view text, const std::string& file_name);

// The peers that the vault's file `peers` has, besides those that are there; a device's addresses
// add up. Errors are those of read_peers.
void add_peers_of_vault(DaemonConfig& config, FileSystem& files);

// What its lines say together: where a device's own rate is not set, that of each peer counts.
[[nodiscard]] ThrottleOptions throttle_of(const DaemonConfig& config);

// Error(usage) if it lacks what every daemon needs, or its options contradict each other.
void require_complete(const DaemonConfig& config);

}  // namespace muniment::sync
