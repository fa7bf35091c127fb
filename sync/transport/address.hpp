// Where a peer is: a host and a port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muniment::sync {

struct Address {
  std::string host;  // a name, or an IPv4 or IPv6 address without brackets; 1 to 255 bytes
  std::uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

// `host:port` or `[address]:port`; empty if `text` is neither.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::string to_text(const Address& address);

// Whether the host is an IP address, which nobody has to be asked for.
[[nodiscard]] bool is_ip(const Address& address);
// Whether the host is the name of an onion service (RFC 7686), which must never be asked of a name
// server.
[[nodiscard]] bool is_onion(const Address& address);

}  // namespace muniment::sync
