// The file `daemon`: what munimentd says of itself and of partners' devices, for `status`, and for
// itself when it is started again: how they behaved. Neither names nor addresses stand in it.
// Replaced whole; nobody's proof. Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

struct DaemonReport {
  struct Peer {
    bool connected = false;
    UnixSeconds contact = 0;     // when it was last connected; 0: never
    std::uint64_t received = 0;  // bytes of the protocol, since there is this file
    std::uint64_t sent = 0;
    std::uint32_t failures = 0;  // to come to a session, or of one that ended badly, in a row
    UnixSeconds not_before = 0;  // it is not dialled
    std::map<PackId, UnixSeconds> bad_packs{};  // of which it sent shards that were none, and when

    friend bool operator==(const Peer&, const Peer&) = default;
  };

  UnixSeconds time = 0;  // of the report
  bool running = false;  // else it has ended as it should
  std::uint64_t missing_packs = 0;
  std::uint64_t missing_bytes = 0;
  std::uint64_t damaged_packs = 0;        // of those that are missing
  std::uint64_t received_per_second = 0;  // of late
  std::uint64_t sent_per_second = 0;
  std::map<DeviceId, Peer> peers;

  friend bool operator==(const DaemonReport&, const DaemonReport&) = default;
};

// Devices and bad packs of one are at most so many; more are our bug.
inline constexpr std::size_t reported_peers_max = 4096;
inline constexpr std::size_t reported_bad_packs_max = 64;

[[nodiscard]] std::string encode(const DaemonReport& report);
[[nodiscard]] std::optional<DaemonReport> decode_daemon_report(std::string_view text);

// Empty if there is none, or it is none that we wrote.
[[nodiscard]] std::optional<DaemonReport> find_daemon_report(FileSystem& files,
                                                             const std::filesystem::path& vault);
void save_daemon_report(FileSystem& files, const std::filesystem::path& vault,
                        const DaemonReport& report);

}  // namespace muniment
