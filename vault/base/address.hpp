// Where a peer is: a host and a port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muniment {

struct Address {
  std::string host;  // a name, or an IPv4 or IPv6 address without brackets; 1 to 255 bytes
  std::uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

// `host:port` or `[address]:port`; empty if `text` is neither.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::string to_text(const Address& address);

}  // namespace muniment
