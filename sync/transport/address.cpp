#include "sync/transport/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace muniment::sync {

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
