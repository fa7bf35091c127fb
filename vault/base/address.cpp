#include "vault/base/address.hpp"

#include "vault/base/decimal.hpp"

namespace muniment {

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = from_decimal(text.substr(colon + 1));
  if (host.find_first_of("[]") != host.npos) return std::nullopt;
  // Without brackets an IPv6 address and a port cannot be told apart.
  if (host.empty() || host.size() > 255 || (host.find(':') != host.npos) != bracketed) {
    return std::nullopt;
  }
  if (!port || *port > 65'535) return std::nullopt;
  return Address{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string to_text(const Address& address) {
  const bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace muniment
