// The file `peers`: whom munimentd dials, and where, besides what its configuration says. People
// may edit it. Names and addresses stand in it in clear, since munimentd opens no names and has to
// find its peers. Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "vault/base/address.hpp"
#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

struct PeerEntry {
  DeviceId device;
  Address address;   // its port is not 0
  std::string name;  // what people and logs call it; may be empty

  friend bool operator==(const PeerEntry&, const PeerEntry&) = default;
};

inline constexpr std::string_view peers_file_name = "peers";
// Far more than 64 members' devices take.
inline constexpr std::size_t peer_entries_max = 1024;
inline constexpr std::size_t peer_name_bytes_max = 255;

// `host:port` as it fits into a line of the file: no blanks or control characters, and a port.
[[nodiscard]] std::optional<Address> parse_peer_address(std::string_view text);
// UTF-8 without control characters, not too long, and without blanks at its ends.
[[nodiscard]] bool is_peer_name(std::string_view name) noexcept;

// Whether `whom` is its name, what of that stands before a slash, as a member's name, or its id.
[[nodiscard]] bool is_called(const PeerEntry& peer, std::string_view whom);

[[nodiscard]] std::string encode(const std::vector<PeerEntry>& peers);
// `file` is how errors call it. Error(usage) names the line that is none; Error(limit) if there are
// too many.
[[nodiscard]] std::vector<PeerEntry> decode_peers(std::string_view text, const std::string& file);

// Nobody if there is no such file. Errors are those of decode_peers; Error(io).
[[nodiscard]] std::vector<PeerEntry> read_peers(FileSystem& files,
                                                const std::filesystem::path& vault);
// Replaces the file. Error(limit) if there are too many; Error(io).
void save_peers(FileSystem& files, const std::filesystem::path& vault,
                const std::vector<PeerEntry>& peers);

}  // namespace muniment
