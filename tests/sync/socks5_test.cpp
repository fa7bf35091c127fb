#include "sync/transport/socks5.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"

namespace muniment::sync {

namespace {

// Literals with zeros in them.
template <std::size_t Size>
Bytes octets(const char (&text)[Size]) {
  return to_bytes(as_bytes(std::string_view(text, Size - 1)));
}

// What is sent to the proxy after it took the greeting.
Bytes request_for(const Address& target) {
  Socks5 request(target);
  CHECK(request.take_output() == octets("\5\1\0"));
  CHECK(request.take_output().empty());
  REQUIRE(request.wanted() == 2);
  request.take(octets("\5\0"));
  return request.take_output();
}

// Gives the whole answer. What is said about it: empty if there is a connection, and "more" if more
// was to come.
std::string said_to(ByteView answer) {
  Socks5 request({"host", 1});
  const auto error = muniment::test::error_of([&] {
    while (request.wanted() > 0 && request.wanted() <= answer.size()) {
      const std::size_t size = request.wanted();
      request.take(answer.first(size));
      answer = answer.subspan(size);
    }
  });
  if (!error) return request.wanted() > 0 || !answer.empty() ? "more" : "";
  CHECK(error->code() == ErrorCode::io);
  return error->what();
}

// After the method, the version, the reply and a zero.
constexpr std::size_t type_at = 5;
const Bytes by_ipv4 = octets("\5\0\5\0\0\1\177\0\0\1\0\120");
const Bytes by_ipv6 = octets("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120");
const Bytes by_name = octets("\5\0\5\0\0\3\4host\0\120");

}  // namespace

TEST_CASE("socks5: a name is passed on as it stands, an IP address as such") {
  CHECK(request_for({"Abc.onion", 8440}) == octets("\5\1\0\3\11Abc.onion\40\370"));
  CHECK(request_for({"192.0.2.7", 1}) == octets("\5\1\0\1\300\0\2\7\0\1"));
  CHECK(request_for({"2001:db8::1", 65'535}) ==
        octets("\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\377\377"));
  const std::string longest(255, 'x');
  Bytes expected = octets("\5\1\0\3\377");
  append(expected, as_bytes(longest));
  append(expected, octets("\0\1"));
  CHECK(request_for({longest, 1}) == expected);
}

TEST_CASE("socks5: each kind of answer is read to its end and not further") {
  for (const Bytes& answer : {by_ipv4, by_ipv6, by_name}) {
    CHECK(said_to(answer) == "");
    for (std::size_t size = 0; size < answer.size(); ++size) {
      CHECK(said_to(ByteView(answer).first(size)) == "more");
    }
    Bytes longer = answer;
    longer.push_back(std::byte{0x16});
    CHECK(said_to(longer) == "more");
  }
}

TEST_CASE("socks5: why there is no connection is said") {
  CHECK(said_to(octets("\5\377")) == "proxy: it takes nobody without a user and a password");
  CHECK(said_to(octets("\5\0\5\5\0\1")) == "proxy: the connection was refused");
  CHECK(said_to(octets("\5\0\5\10\0\1")) == "proxy: it does not know this type of address");
  CHECK(said_to(octets("\5\0\5\11\0\1")) == "proxy: it failed, with the unknown code 9");
  CHECK(said_to(octets("HTTP/1.1 400")) == "proxy: what answers there speaks no SOCKS5");
}

TEST_CASE("socks5: a flipped bit in an answer is refused, or stands in what is nothing to us") {
  for (const Bytes& answer : {by_ipv4, by_ipv6, by_name}) {
    for (std::size_t bit = 0; bit < answer.size() * 8; ++bit) {
      CAPTURE(bit);
      Bytes flipped = answer;
      flipped[bit / 8] ^= std::byte{1} << (bit % 8);
      const std::string said = said_to(flipped);
      const std::size_t position = bit / 8;
      // Another type, or length, of the address is another end, or none.
      const bool moves_end = position == type_at || (position == type_at + 1 && answer == by_name);
      if (position < type_at) {
        CHECK(said.starts_with("proxy: "));
      } else if (moves_end) {
        CHECK(said != "");
      } else {
        CHECK(said == "");
      }
    }
  }
}

TEST_CASE("address: onion services and IP addresses are told from names") {
  CHECK(is_onion({"abc.onion", 1}));
  CHECK(is_onion({"ABC.Onion.", 1}));
  CHECK_FALSE(is_onion({"abc.onion.example.org", 1}));
  CHECK_FALSE(is_onion({"onion", 1}));
  CHECK(is_ip({"127.0.0.1", 1}));
  CHECK(is_ip({"::1", 1}));
  CHECK_FALSE(is_ip({"localhost", 1}));
  CHECK_FALSE(is_ip({"127.0.0.1.", 1}));
}

}  // namespace muniment::sync
