#include "sync/daemon/config.hpp"

#include <doctest/doctest.h>

#include "sync/daemon/daemon.hpp"
#include "tests/keyring/errors.hpp"

namespace muniment::sync {

namespace {

constexpr const char* device = "00112233445566778899aabbccddeeff";

// What is said of a text that is refused; empty if it is taken.
std::string refusal(const std::string& text) {
  DaemonConfig config;
  const auto error = muniment::test::error_of([&] { read_config(config, text, "conf"); });
  if (!error) return "";
  CHECK(error->code() == ErrorCode::usage);
  return error->what();
}

}  // namespace

TEST_CASE("config: every option is read, comments and blanks are passed over") {
  DaemonConfig config;
  read_config(config,
              "# a comment\n"
              "\n"
              "vault = /srv/my vault\r\n"
              "  key-file=/etc/key  \n"
              "listen = 0.0.0.0:8440\n"
              "listen = [::]:8441\n"
              "peer = " +
                  std::string(device) + "  archive.example.org:1  bbc/big server\n" +
                  "peer = " + device + " [2001:db8::1]:2\n" + "rescan = 60",
              "conf");
  CHECK(config.vault == "/srv/my vault");
  CHECK(config.key_file == "/etc/key");
  CHECK(config.listen == std::vector<Address>{{"0.0.0.0", 8440}, {"::", 8441}});
  REQUIRE(config.peers.size() == 2);
  CHECK(config.peers[0].device.hex() == device);
  CHECK(config.peers[0].address == Address{"archive.example.org", 1});
  CHECK(config.peers[0].name == "bbc/big server");
  CHECK(config.peers[1].address == Address{"2001:db8::1", 2});
  CHECK(config.peers[1].name == "00112233");
  CHECK(config.rescan == std::chrono::seconds(60));
}

TEST_CASE("config: what cannot be meant is refused with the line") {
  CHECK(refusal("rescan = 1\n\nvolt = 3\n").starts_with("conf:3: volt: "));
  for (const char* wrong :
       {"vault", "vault =", "= x", "rescan = 0", "rescan = 3601", "rescan = 1s", "listen = 1.2.3.4",
        "listen = 1.2.3.4:0", "peer = 00112233 host:1 bbc",
        "peer = 00112233445566778899aabbccddeeff", "peer = 00112233445566778899aabbccddeeff bbc",
        "proxy = localhost:9050", "proxy = 127.0.0.1", "direct = bbc"}) {
    CAPTURE(wrong);
    CHECK(refusal(wrong).starts_with("conf:1: "));
  }
}

TEST_CASE("config: what every daemon needs is asked for") {
  const auto missing = [](const DaemonConfig& config) {
    const auto error = muniment::test::error_of([&] { require_complete(config); });
    return error ? std::string(error->what()) : std::string();
  };
  DaemonConfig config;
  CHECK(missing(config).starts_with("vault: "));
  config.vault = "/vault";
  CHECK(missing(config).starts_with("key-file: "));
  config.key_file = "/key";
  CHECK(missing(config).starts_with("listen: "));
  config.listen.push_back({"::", 1});
  CHECK(missing(config) == "");
}

TEST_CASE("config: a proxy is for all, but for who is named; onion services need it") {
  const auto refused = [](const std::string& lines) {
    DaemonConfig config;
    config.vault = "/vault";
    config.key_file = "/key";
    const auto error = muniment::test::error_of([&] {
      read_config(config, lines, "conf");
      require_complete(config);
    });
    return error ? std::string(error->what()) : std::string();
  };
  const std::string id(device);
  const std::string onion = "peer = " + id + " abc.onion:1\n";
  const std::string proxy = "proxy = [::1]:9050\n";
  CHECK(refused(onion).starts_with("peer: abc.onion: "));
  CHECK(refused("peer = " + id + " ABC.ONION.:1").starts_with("peer: ABC.ONION.: "));
  CHECK(refused(onion + proxy) == "");
  CHECK(refused(onion + proxy + "direct = " + id).starts_with("peer: abc.onion: "));
  CHECK(refused(proxy + "direct = " + id + "\npeer = " + id + " archive.example.org:1") == "");
  CHECK(refused("listen = 127.0.0.1:1\ndirect = " + id).starts_with("direct: "));
  CHECK(refused(onion + proxy + proxy).starts_with("conf:3: proxy: "));
}

TEST_CASE("daemon: it waits twice as long after each failure, an hour at most") {
  CHECK(dial_pause(1, true) == std::chrono::seconds(5));
  CHECK(dial_pause(2, true) == std::chrono::seconds(10));
  CHECK(dial_pause(4, false) == std::chrono::seconds(40));
  CHECK(dial_pause(1'000'000, false) == std::chrono::minutes(5));
  CHECK(dial_pause(1'000'000, true) == std::chrono::hours(1));
}

}  // namespace muniment::sync
