#include "sync/daemon/config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "sync/daemon/daemon.hpp"
#include "tests/keyring/errors.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/peers.hpp"

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
  for (const char* wrong : {"vault",
                            "vault =",
                            "= x",
                            "rescan = 0",
                            "rescan = 3601",
                            "rescan = 1s",
                            "listen = 1.2.3.4",
                            "listen = 1.2.3.4:0",
                            "peer = 00112233 host:1 bbc",
                            "peer = 00112233445566778899aabbccddeeff",
                            "peer = 00112233445566778899aabbccddeeff bbc",
                            "proxy = localhost:9050",
                            "proxy = 127.0.0.1",
                            "direct = bbc",
                            "limit = 5M",
                            "limit = up 5M",
                            "limit = in",
                            "limit = in 999",
                            "limit = in 5T",
                            "limit = in 1001G",
                            "limit = in 99999999999999999999",
                            "peer-limit = in 5M",
                            "peer-limit = all in 5M",
                            "window = 22:00",
                            "window = 22:00-22:00",
                            "window = 24:00-06:00",
                            "window = 2:00-06:00",
                            "window = 22:60-06:00",
                            "window = 22:00-24:01",
                            "window = 22:00-06:00 caturday",
                            "window = 22:00-06:00 mon-",
                            "window = 22:00-06:00mon",
                            "forgive = bbc"}) {
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

TEST_CASE("config: once wants somebody to dial, and only those who are peers") {
  DaemonConfig config;
  config.vault = "/vault";
  config.key_file = "/key";
  config.listen.push_back({"::", 1});
  config.once = true;
  const auto refused = [&] {
    const auto error = muniment::test::error_of([&] { require_complete(config); });
    return error ? std::string(error->what()) : std::string();
  };
  CHECK(refused().starts_with("peer: none is set"));
  config.peers.push_back({*DeviceId::from_hex(device), {"host", 1}, "bbc"});
  CHECK(refused() == "");
  config.only.insert(*DeviceId::from_hex(device));
  CHECK(refused() == "");
  config.only.insert(DeviceId{});
  CHECK(refused().starts_with("only: 0000"));
}

TEST_CASE("config: the vault's peers are added to those that are there") {
  muniment::test::MemoryFileSystem files;
  const DeviceId known = *DeviceId::from_hex(device);
  save_peers(
      files, "/",
      {{known, {"host", 1}, "bbc/desk"}, {known, {"::1", 2}, "bbc/desk"}, {{}, {"h", 3}, ""}});
  DaemonConfig config;
  config.vault = "/";
  config.peers.push_back({known, {"host", 1}, "bbc"});
  add_peers_of_vault(config, files);
  REQUIRE(config.peers.size() == 3);
  CHECK(config.peers[0].name == "bbc");
  CHECK(config.peers[1].address == Address{"::1", 2});
  CHECK(config.peers[1].name == "bbc/desk");
  CHECK(config.peers[2].name == "00000000");
  write_file_atomically(files, "/peers", as_bytes("# bbc\n"));
  const auto error = muniment::test::error_of([&] { add_peers_of_vault(config, files); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::usage);
  CHECK(std::string(error->what()).starts_with("/peers:1: "));
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

TEST_CASE("config: rates are for all, for each, or for one, whose lines may be missing") {
  DaemonConfig config;
  CHECK(throttle_of(config).all == Rates{});
  read_config(config,
              "peer-limit = " + std::string(device) +
                  " in 1K\nlimit = in 5M\nlimit = out 2000\n"
                  "peer-limit = each  out  1000G\npeer-limit = each in 7M\n",
              "conf");
  const ThrottleOptions options = throttle_of(config);
  CHECK(options.all == Rates{5'000'000, 2000});
  CHECK(options.each == Rates{7'000'000, 1'000'000'000'000});
  CHECK(options.peers ==
        std::map<DeviceId, Rates>{{*DeviceId::from_hex(device), {1000, 1'000'000'000'000}}});
}

TEST_CASE("config: every option that munimentd.conf documents is one, as it stands there") {
  std::ifstream file(MUNIMENT_SYNC_DIR "/daemon/munimentd.conf");
  std::string lines;
  std::set<std::string> keys;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#') || line.starts_with("# ")) continue;
    lines += line.substr(1) + "\n";
    keys.insert(line.substr(1, line.find(' ') - 1));
  }
  DaemonConfig config;
  read_config(config, lines, "munimentd.conf");
  require_complete(config);
  CHECK(keys == std::set<std::string>{"direct", "forgive", "key-file", "limit", "listen", "only",
                                      "peer", "peer-limit", "proxy", "rescan", "vault", "window"});
  // The unit lets it write where the vault stands, and nowhere else.
  std::ifstream unit(MUNIMENT_SYNC_DIR "/daemon/munimentd.service");
  const std::string text((std::istreambuf_iterator<char>(unit)), {});
  CHECK(text.find("ReadWritePaths=/srv/muniment\n") != std::string::npos);
  CHECK(config.vault.native().starts_with("/srv/muniment/"));
  CHECK(text.find("--config /etc/muniment/munimentd.conf\n") != std::string::npos);
}

TEST_CASE("schedule: a window is within its days, and may end on the next") {
  constexpr int sunday = 0;
  constexpr int monday = 1;
  constexpr int saturday = 6;
  const auto night = parse_window("22:00-06:30 sat");
  REQUIRE(night);
  CHECK_FALSE(is_within(*night, saturday, 22 * 60 - 1));
  CHECK(is_within(*night, saturday, 22 * 60));
  CHECK(is_within(*night, sunday, 6 * 60 + 29));
  CHECK_FALSE(is_within(*night, sunday, 6 * 60 + 30));
  CHECK_FALSE(is_within(*night, saturday, 60));
  CHECK_FALSE(is_within(*night, sunday, 23 * 60));
  const auto day = parse_window("00:00-24:00 mon-fri sun");
  REQUIRE(day);
  CHECK(is_within(*day, monday, 0));
  CHECK(is_within(*day, sunday, 24 * 60 - 1));
  CHECK_FALSE(is_within(*day, saturday, 12 * 60));
  const auto always = parse_window("08:00-09:00");
  REQUIRE(always);
  CHECK(always->days.all());
  CHECK(parse_window("08:00-09:00 fri-mon")->days == std::bitset<7>(0b1100011));
}

TEST_CASE("schedule: the time is what the machine calls it") {
  const std::array windows{*parse_window("22:00-23:00 thu"), *parse_window("01:00-02:00")};
  const char* const before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  // The first of January 1970 was a Thursday.
  ::setenv("TZ", "UTC0", 1);
  CHECK(is_open(windows, 3600));
  CHECK_FALSE(is_open(windows, 7200));
  CHECK(is_open(windows, 22 * 3600));
  CHECK_FALSE(is_open(windows, 24 * 3600 + 22 * 3600));
  ::setenv("TZ", "XXX-3", 1);
  CHECK_FALSE(is_open(windows, 3600));
  CHECK(is_open(windows, 22 * 3600));
  CHECK(is_open({}, 0));
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", kept.c_str(), 1);
  }
}

TEST_CASE("daemon: it waits twice as long after each failure, an hour at most") {
  CHECK(dial_pause(1, true) == std::chrono::seconds(5));
  CHECK(dial_pause(2, true) == std::chrono::seconds(10));
  CHECK(dial_pause(4, false) == std::chrono::seconds(40));
  CHECK(dial_pause(1'000'000, false) == std::chrono::minutes(5));
  CHECK(dial_pause(1'000'000, true) == std::chrono::hours(1));
}

}  // namespace muniment::sync
