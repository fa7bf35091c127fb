#include "sync/transport/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "vault/base/decimal.hpp"

namespace muniment::sync {

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

bool is_ip(const Address& address) {
  boost::system::error_code error;
  boost::asio::ip::make_address(address.host, error);
  return !error;
}

bool is_onion(const Address& address) {
  std::string_view host = address.host;
  while (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view last_label = ".onion";
  if (host.size() < last_label.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(host.substr(host.size() - last_label.size()), last_label, {}, lower);
}

}  // namespace muniment::sync
