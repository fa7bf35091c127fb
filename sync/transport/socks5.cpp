#include "sync/transport/socks5.hpp"

#include <array>
#include <boost/asio/ip/address.hpp>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

namespace muniment::sync {

namespace {

constexpr std::byte version{5};
constexpr std::byte no_authentication{0};
constexpr std::byte connect_command{1};
constexpr std::byte reserved{0};
constexpr std::byte ipv4_type{1};
constexpr std::byte name_type{3};
constexpr std::byte ipv6_type{4};

constexpr std::size_t method_bytes = 2;
constexpr std::size_t head_bytes = 4;
constexpr std::size_t ipv4_bytes = 4;
constexpr std::size_t ipv6_bytes = 16;
constexpr std::size_t port_bytes = 2;

// RFC 1928 §6, by number.
constexpr std::array<const char*, 9> replies{"",
                                             "it failed",
                                             "its rules do not allow this connection",
                                             "the network is unreachable",
                                             "the host is unreachable",
                                             "the connection was refused",
                                             "the time to live expired",
                                             "it does not know the command",
                                             "it does not know this type of address"};

[[noreturn]] void fail(const std::string& cause) {
  throw Error(ErrorCode::io, "proxy: " + cause);
}

[[noreturn]] void fail_as_none() {
  fail("what answers there speaks no SOCKS5");
}

void append_target(const Address& target, Bytes& bytes) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(target.host, error);
  if (error) {
    VAULT_ASSERT(!target.host.empty() && target.host.size() <= 255);
    bytes.push_back(name_type);
    bytes.push_back(static_cast<std::byte>(target.host.size()));
    append(bytes, as_bytes(target.host));
  } else if (ip.is_v4()) {
    const auto octets = ip.to_v4().to_bytes();
    bytes.push_back(ipv4_type);
    append(bytes, std::as_bytes(std::span(octets)));
  } else {
    const auto octets = ip.to_v6().to_bytes();
    bytes.push_back(ipv6_type);
    append(bytes, std::as_bytes(std::span(octets)));
  }
  bytes.push_back(static_cast<std::byte>(target.port >> 8U));
  bytes.push_back(static_cast<std::byte>(target.port & 0xffU));
}

}  // namespace

Socks5::Socks5(Address target) : x_target(std::move(target)) {
  constexpr std::byte method_count{1};
  x_output = {version, method_count, no_authentication};
  expect(Stage::method, method_bytes);
}

Bytes Socks5::take_output() {
  return std::exchange(x_output, {});
}

void Socks5::expect(Stage stage, std::size_t bytes) {
  x_stage = stage;
  x_wanted = bytes;
}

void Socks5::take(ByteView bytes) {
  VAULT_ASSERT(x_wanted > 0 && bytes.size() == x_wanted);
  switch (x_stage) {
    case Stage::method:
      return take_method(bytes);
    case Stage::head:
      return take_head(bytes);
    case Stage::name_length:
      if (bytes[0] == std::byte{0}) fail_as_none();
      return expect(Stage::bound_address, std::to_integer<std::size_t>(bytes[0]) + port_bytes);
    // From where the proxy connects is nothing to us.
    case Stage::bound_address:
      return expect(Stage::connected, 0);
    case Stage::connected:
      break;
  }
}

void Socks5::take_method(ByteView bytes) {
  constexpr std::byte none_acceptable{0xff};
  if (bytes[0] != version) fail_as_none();
  if (bytes[1] == none_acceptable) fail("it takes nobody without a user and a password");
  if (bytes[1] != no_authentication) fail_as_none();
  x_output = {version, connect_command, reserved};
  append_target(x_target, x_output);
  expect(Stage::head, head_bytes);
}

void Socks5::take_head(ByteView bytes) {
  if (bytes[0] != version || bytes[2] != reserved) fail_as_none();
  const auto reply = std::to_integer<std::size_t>(bytes[1]);
  if (reply >= replies.size()) fail("it failed, with the unknown code " + std::to_string(reply));
  if (reply != 0) fail(replies.at(reply));
  if (bytes[3] == ipv4_type) return expect(Stage::bound_address, ipv4_bytes + port_bytes);
  if (bytes[3] == ipv6_type) return expect(Stage::bound_address, ipv6_bytes + port_bytes);
  if (bytes[3] != name_type) fail_as_none();
  expect(Stage::name_length, 1);
}

}  // namespace muniment::sync
