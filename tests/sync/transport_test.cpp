// Sessions over TLS on loopback. Deadlines are short, or a clock is set forward; nothing here
// depends on how fast the machine is.
#include "sync/transport/transport.hpp"

#include <condition_variable>
#include <csignal>
#include <future>
#include <thread>

#include "tests/sync/pair.hpp"
#include "tests/sync/raw_peer.hpp"
#include "tests/sync/socks_server.hpp"
#include "tests/sync/two_vaults.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::last_bye;
using test::RawPeer;
using test::SocksServer;
using namespace std::chrono_literals;

const Address loopback{"127.0.0.1", 0};
// Only against hanging.
constexpr auto patience = 60s;

// What a listener heard, for a thread that waits for it.
class Events final : public TransportListener {
 public:
  struct NotConnected {
    std::optional<DeviceId> peer;
    std::string cause;
  };
  struct Disconnected {
    DeviceId peer;
    End end;
  };

  void connected(const DeviceId& peer, const std::string&) override {
    note([&] { x_connected.push_back(peer); });
  }
  void disconnected(const DeviceId& peer, const std::string&, const End& end) override {
    note([&] { x_disconnected.push_back({peer, end}); });
  }
  void not_connected(const std::optional<DeviceId>& peer, const std::string&,
                     const std::string& cause) override {
    note([&] { x_not_connected.push_back({peer, cause}); });
  }
  void transport_failed(const std::string& cause) override {
    note([&] { x_failed.push_back(cause); });
  }

  // The one with this number, as soon as there is one.
  DeviceId connected(std::size_t number) { return wait(x_connected, number); }
  Disconnected disconnected(std::size_t number = 0) { return wait(x_disconnected, number); }
  NotConnected not_connected(std::size_t number = 0) { return wait(x_not_connected, number); }
  [[nodiscard]] std::size_t sessions() {
    const std::lock_guard lock(x_mutex);
    return x_connected.size() - x_disconnected.size();
  }
  // How many connections have come to a session, or to nothing.
  [[nodiscard]] std::size_t heard() {
    const std::lock_guard lock(x_mutex);
    return x_connected.size() + x_not_connected.size();
  }
  [[nodiscard]] std::vector<std::string> failed() {
    const std::lock_guard lock(x_mutex);
    return x_failed;
  }

 private:
  template <class Step>
  void note(Step step) {
    const std::lock_guard lock(x_mutex);
    step();
    x_changed.notify_all();
  }
  template <class Event>
  Event wait(std::vector<Event>& events, std::size_t number) {
    std::unique_lock lock(x_mutex);
    REQUIRE(x_changed.wait_for(lock, patience, [&] { return events.size() > number; }));
    return events[number];
  }

  std::mutex x_mutex;
  std::condition_variable x_changed;
  std::vector<DeviceId> x_connected;
  std::vector<Disconnected> x_disconnected;
  std::vector<NotConnected> x_not_connected;
  std::vector<std::string> x_failed;
};

TransportKey key_of(std::uint64_t seed) {
  muniment::test::FixedRandom random(seed);
  return TransportKey::generate(random);
}

// The parties of a circle, each with a transport; party i has key_of(i).
class Parties {
 public:
  explicit Parties(std::size_t count = 2) : circle(count) {
    for (std::size_t i = 0; i < count; ++i)
      known.emplace(verify_key(key_of(i)), circle[i].device());
  }

  // `options.now` is the parties' own clock.
  std::unique_ptr<Transport> start(std::size_t i, TransportOptions options = {}) {
    options.now = [this] { return Instant(now.load()); };
    return std::make_unique<Transport>(
        circle[i].node, key_of(i),
        [this](const VerifyKey<TransportPurpose>& key) -> std::optional<DeviceId> {
          const auto found = known.find(key);
          return found == known.end() ? std::nullopt : std::optional(found->second);
        },
        events[i], std::move(options));
  }
  [[nodiscard]] Hello hello_of(std::size_t i) {
    return {circle.world.consortium, circle[i].device(),       0,
            limits::requests_max,    limits::window_bytes_max, {}};
  }
  // `peer` shows the second party's key, and says hello as it would.
  void introduce(RawPeer& peer) {
    const TlsIdentity identity(key_of(1));
    REQUIRE(peer.shake_hands(identity.context()));
    peer.say(hello_of(1), 0);
  }

  Circle circle;
  std::map<VerifyKey<TransportPurpose>, DeviceId> known;
  std::array<Events, 3> events;
  std::atomic<Instant::rep> now{1'000'000};
};

// The result of `step` on the node's strand.
template <class Step>
auto on_node(Transport& transport, Step step) {
  std::promise<decltype(step())> promise;
  auto future = promise.get_future();
  transport.run_on_node([&] { promise.set_value(step()); });
  return future.get();
}

template <class Condition>
void wait_until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(2ms);
  }
}

// A vault that answers and dials.
struct Running {
  explicit Running(test::Member& member)
      : daemon(member),
        transport(
            daemon.node, daemon.replication.transport_key(),
            [this](const VerifyKey<TransportPurpose>& key) {
              return daemon.replication.find_device(key);
            },
            events) {}

  test::Daemon daemon;
  Events events;
  Transport transport;
};

struct IgnoreBrokenPipes {
  IgnoreBrokenPipes() { std::signal(SIGPIPE, SIG_IGN); }
};
// Of raw peers, in the tests' own thread.
const IgnoreBrokenPipes ignore_broken_pipes;

}  // namespace

TEST_CASE("transport: two vaults replicate over TLS, both ways") {
  test::Two two;
  const std::string text = muniment::test::noise(5'000'000, 4);
  const std::string snapshot = two.a.ingest("leak.bin", text);
  std::string second;
  std::size_t packs = 0;
  for (const char* host : {"127.0.0.1", "::1"}) {
    CAPTURE(host);
    Running a(two.a);
    Running b(two.b);
    Address address{host, 0};
    if (muniment::test::error_of([&] { address.port = a.transport.listen(address); })) {
      MESSAGE("there is no IPv6 here");
      address.host = loopback.host;
      address.port = a.transport.listen(address);
    }
    b.transport.dial(a.daemon.replica.device(), address);
    CHECK(a.events.connected(0) == b.daemon.replica.device());
    CHECK(b.events.connected(0) == a.daemon.replica.device());
    const auto missing = [](Running& each) {
      return on_node(each.transport, [&] { return each.daemon.replication.count_missing().packs; });
    };
    const auto heads = [](Running& of, Running& for_whom) {
      const DeviceId peer = for_whom.daemon.replica.device();
      return on_node(of.transport, [&] { return of.daemon.node.heads().collections_for(peer); });
    };
    wait_until([&] { return heads(a, b) == heads(b, a) && missing(a) + missing(b) == 0; });
    b.transport.stop();
    CHECK(b.events.disconnected().end.code == CloseCode::stopping);
    const auto end = a.events.disconnected().end;
    CHECK(end.code == CloseCode::stopping);
    CHECK_FALSE(end.peer_failed);
    a.transport.stop();
    packs += a.daemon.log.arrived.size() + b.daemon.log.arrived.size();
    CHECK(a.events.failed().empty());
    CHECK(b.daemon.log.failures.empty());
    if (second.empty()) second = two.b.ingest("answer.txt", "what the second found");
  }
  CHECK(packs >= 2);
  CHECK(two.b.read(snapshot, "leak.bin") == text);
  CHECK(two.a.read(second, "answer.txt") == "what the second found");
  CHECK(two.a.damage() == "");
  CHECK(two.b.damage() == "");
}

TEST_CASE("transport: who is dialled must be who answers") {
  Parties parties(3);
  const auto answering = parties.start(0);
  const std::uint16_t port = answering->listen(loopback);
  const auto dialling = parties.start(1);
  dialling->dial(parties.circle[2].device(), {"127.0.0.1", port});
  const auto refused = parties.events[1].not_connected();
  CHECK(refused.peer == parties.circle[2].device());
  CHECK(refused.cause == "another device answers there");
}

TEST_CASE("transport: to a key of no active device nothing is said") {
  Parties parties;
  const auto answering = parties.start(0);
  const std::uint16_t port = answering->listen(loopback);
  RawPeer stranger(port);
  const TlsIdentity unknown(key_of(77));
  REQUIRE(stranger.shake_hands(unknown.context()));
  CHECK(stranger.hear_all().empty());
  CHECK(parties.events[0].not_connected().cause == "the key is of no active device");
}

TEST_CASE("transport: what is not TLS 1.3 with a certificate and our protocol is refused") {
  Parties parties;
  const auto answering = parties.start(0);
  const std::uint16_t port = answering->listen(loopback);
  const TlsIdentity known(key_of(1));
  std::size_t refused = 0;
  const auto is_refused = [&](SSL_CTX& context) {
    RawPeer peer(port);
    // A client is done before the server has looked at its certificate.
    const bool silent = !peer.shake_hands(context) || peer.hear_all().empty();
    return silent && !parties.events[0].not_connected(refused++).cause.empty();
  };
  const Handle<SSL_CTX, SSL_CTX_free> bare(SSL_CTX_new(TLS_method()));
  REQUIRE(SSL_CTX_set_alpn_protos(bare.get(), c_bytes(as_bytes("\x0fmuniment-sync/1")), 16) == 0);
  CHECK(is_refused(*bare));  // no certificate
  const TlsIdentity old(key_of(1));
  REQUIRE(SSL_CTX_set_min_proto_version(&old.context(), TLS1_2_VERSION) == 1);
  REQUIRE(SSL_CTX_set_max_proto_version(&old.context(), TLS1_2_VERSION) == 1);
  CHECK(is_refused(old.context()));
  const TlsIdentity other(key_of(1));
  REQUIRE(SSL_CTX_set_alpn_protos(&other.context(), c_bytes(as_bytes("\x0fmuniment-sync/2")), 16) ==
          0);
  CHECK(is_refused(other.context()));
  RawPeer text(port);
  CHECK(parties.events[0].sessions() == 0);
}

TEST_CASE("transport: a peer that stalls before the handshake is over is dropped") {
  Parties parties;
  const auto answering = parties.start(0, {.handshake_time = 50ms, .now = {}});
  RawPeer silent(answering->listen(loopback));
  CHECK(parties.events[0].not_connected().cause == "too slow: handshake");
  CHECK(silent.is_closed());
}

TEST_CASE("transport: a peer that takes the connection and never answers is given up") {
  Parties parties;
  // The system takes connections for who listens.
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listening, plain, length) == 0);
  REQUIRE(::listen(listening, 4) == 0);
  REQUIRE(::getsockname(listening, plain, &length) == 0);
  const auto dialling = parties.start(1, {.handshake_time = 50ms, .now = {}});
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", ntohs(address.sin_port)});
  const auto first = parties.events[1].not_connected();
  CHECK(first.peer == parties.circle[0].device());
  CHECK(first.cause == "too slow: handshake");
  ::close(listening);
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", ntohs(address.sin_port)});
  CHECK(parties.events[1].not_connected(1).cause.find("refused") != std::string::npos);
}

TEST_CASE("transport: a peer that stalls in a session is dropped by the session's deadlines") {
  const TlsIdentity identity(key_of(1));
  const auto dropped = [&](const auto& speak, Instant later) {
    Parties parties;
    const auto answering = parties.start(0);
    RawPeer peer(answering->listen(loopback));
    REQUIRE(peer.shake_hands(identity.context()));
    CHECK(parties.events[0].connected(0) == parties.circle[1].device());
    speak(parties, peer);
    parties.now += later.count();
    answering->tick();
    CHECK(last_bye(peer.hear_all()) == CloseCode::timeout);
    const auto end = parties.events[0].disconnected().end;
    CHECK(end.code == CloseCode::timeout);
    CHECK(end.peer_failed);
  };
  // Its SUMMARY tells that it has read what came before.
  const auto say_hello = [](Parties& parties, RawPeer& peer, ByteView more) {
    Bytes bytes;
    encode_frame(parties.hello_of(1), 0, bytes);
    append(bytes, more);
    peer.send(bytes);
    CHECK(peer.hear() == MessageType::hello);
    CHECK(peer.hear() == MessageType::summary);
  };
  dropped([](Parties&, RawPeer&) {}, limits::hello_time);
  dropped([&](Parties& parties, RawPeer& peer) { say_hello(parties, peer, {}); },
          limits::idle_time);
  dropped([&](Parties& parties, RawPeer& peer) { say_hello(parties, peer, Bytes{std::byte{4}}); },
          limits::frame_time);
}

TEST_CASE("transport: a peer that reads nothing holds no slot") {
  Parties parties;
  const PackName pack = parties.circle[0].write_pack(parties.circle.files);
  const auto size_class = parties.circle[0].replica.find_class(pack.pack);
  REQUIRE(size_class);
  const auto answering = parties.start(0, {.write_time = 100ms, .now = {}});
  RawPeer peer(answering->listen(loopback), 4096);
  parties.introduce(peer);
  const auto run =
      static_cast<std::uint8_t>(std::min<std::size_t>(run_shards_max(*size_class), 255));
  const std::size_t asks = limits::window_bytes_max / limits::piece_bytes_max;
  for (std::uint32_t i = 1; i <= asks; ++i) peer.say(GetShards{pack, 0, run}, i);
  const auto end = parties.events[0].disconnected().end;
  CHECK(end.cause == "too slow: sending");
  CHECK_FALSE(end.code);
  // It never had more in memory than the window and what the system took.
  CHECK(end.traffic.sent < limits::window_bytes_max);
}

TEST_CASE("transport: a peer that closes in the middle of a frame is only gone") {
  Parties parties;
  const auto answering = parties.start(0);
  RawPeer peer(answering->listen(loopback));
  parties.introduce(peer);
  peer.send(Bytes{std::byte{4}, std::byte{0}});
  peer.close();
  const auto end = parties.events[0].disconnected().end;
  CHECK_FALSE(end.code);
  CHECK_FALSE(end.peer_failed);
  CHECK_FALSE(end.cause.empty());
}

TEST_CASE("transport: a frame above its type's bound ends the session before it is read") {
  Parties parties;
  const auto answering = parties.start(0);
  RawPeer peer(answering->listen(loopback));
  parties.introduce(peer);
  Bytes header;
  encode(FrameHeader{64 * limits::mib, 0, static_cast<std::uint8_t>(MessageType::summary)}, header);
  peer.send(header);
  CHECK(last_bye(peer.hear_all()) == CloseCode::too_large);
  const auto end = parties.events[0].disconnected().end;
  CHECK(end.code == CloseCode::too_large);
  CHECK(end.peer_failed);
}

TEST_CASE("transport: of two connections with one device one session is left") {
  Parties parties;
  const auto first = parties.start(0);
  const auto second = parties.start(1);
  const std::uint16_t first_port = first->listen(loopback);
  const std::uint16_t second_port = second->listen(loopback);
  // Each time either dials the other, at the same time.
  for (std::size_t round = 1; round <= 4; ++round) {
    first->dial(parties.circle[1].device(), {"127.0.0.1", second_port});
    second->dial(parties.circle[0].device(), {"127.0.0.1", first_port});
    for (const std::size_t i : {0, 1}) {
      wait_until([&] {
        return parties.events[i].heard() == 2 * round && parties.events[i].sessions() == 1;
      });
    }
  }
  // Both have kept the same one: it carries what is new.
  on_node(*first, [&] {
    parties.circle[0].write_pack(parties.circle.files);
    return true;
  });
  wait_until([&] {
    parties.now += 20;
    first->tick();
    second->tick();
    return on_node(*second, [&] { return !parties.circle[1].log.arrived.empty(); });
  });
}

TEST_CASE("transport: more half-open connections than allowed are refused at once") {
  Parties parties;
  const auto answering = parties.start(0, {.half_open_max = 1, .now = {}});
  const std::uint16_t port = answering->listen(loopback);
  RawPeer first(port);
  RawPeer second(port);
  CHECK(second.is_closed());
  // And the slot is free again.
  first.close();
  static_cast<void>(parties.events[0].not_connected());
  RawPeer third(port);
  const TlsIdentity identity(key_of(1));
  CHECK(third.shake_hands(identity.context()));
  CHECK(parties.events[0].connected(0) == parties.circle[1].device());
}

TEST_CASE("transport: it stops whatever its peers are doing") {
  Parties parties(3);
  const auto answering = parties.start(0, {.shutdown_time = 50ms, .now = {}});
  const std::uint16_t port = answering->listen(loopback);
  RawPeer before_handshake(port);
  RawPeer in_session(port);
  parties.introduce(in_session);
  const auto honest = parties.start(2);
  honest->dial(parties.circle[0].device(), {"127.0.0.1", port});
  static_cast<void>(parties.events[0].connected(1));
  // Somebody who is dialled and not there.
  answering->dial(parties.circle[1].device(), {"127.0.0.1", port});
  answering->stop();
  CHECK(parties.events[0].sessions() == 0);
  CHECK(parties.events[2].disconnected().end.code == CloseCode::stopping);
  CHECK(last_bye(in_session.hear_all()) == CloseCode::stopping);
  CHECK(before_handshake.is_closed());
}

TEST_CASE("transport: what is thrown on the node's strand is told, and the rest goes on") {
  Parties parties;
  const auto transport = parties.start(0);
  transport->run_on_node([] { throw Error(ErrorCode::io, "the disk is gone"); });
  wait_until([&] { return !parties.events[0].failed().empty(); });
  CHECK(parties.events[0].failed() == std::vector<std::string>{"the disk is gone"});
  CHECK(on_node(*transport, [] { return 1; }) == 1);
}

TEST_CASE("transport: where it cannot listen is said") {
  Parties parties;
  const auto transport = parties.start(0);
  const auto error_at = [&](const Address& address) {
    const auto error = muniment::test::error_of([&] { transport->listen(address); });
    REQUIRE(error);
    return error->code();
  };
  CHECK(error_at({"example.org", 1}) == ErrorCode::usage);
  const std::uint16_t taken = transport->listen(loopback);
  CHECK(error_at({"127.0.0.1", taken}) == ErrorCode::io);
  CHECK(error_at({"192.0.2.1", 0}) == ErrorCode::io);
}

// ---- by a proxy ----

namespace {

Bytes octets(std::string_view text) {
  return to_bytes(as_bytes(text));
}

TransportOptions through(std::uint16_t proxy) {
  TransportOptions options;
  options.proxy = Address{"127.0.0.1", proxy};
  return options;
}

}  // namespace

TEST_CASE("transport: through a proxy a peer is reached by a name that nobody else is told") {
  Parties parties;
  const auto answering = parties.start(0);
  SocksServer proxy({.target = answering->listen(loopback)});
  const auto dialling = parties.start(1, through(proxy.port()));
  // No name server knows it.
  dialling->dial(parties.circle[0].device(), {"archive.onion", 8440});
  CHECK(parties.events[1].connected(0) == parties.circle[0].device());
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests().front() == octets({"\5\1\0\3\15archive.onion\x20\xf8", 20}));
  on_node(*answering, [&] {
    parties.circle[0].write_pack(parties.circle.files);
    return true;
  });
  wait_until([&] {
    parties.now += 20;
    answering->tick();
    return on_node(*dialling, [&] { return !parties.circle[1].log.arrived.empty(); });
  });
}

TEST_CASE("transport: a proxy that refuses, lies, breaks off or is silent brings no connection") {
  struct Case {
    SocksServer::Script script;
    std::string cause;
  };
  const auto replying = [](std::string_view reply) {
    return SocksServer::Script{.reply = octets(reply)};
  };
  const std::vector<Case> cases{
      {{.method = octets("\5\xff")}, "proxy: it takes nobody without a user and a password"},
      {{.method = octets({"\5\2", 2})}, "proxy: what answers there speaks no SOCKS5"},
      {{.method = octets({"\4\0", 2})}, "proxy: what answers there speaks no SOCKS5"},
      {{.method = octets("\5")}, "proxy: read: "},
      {replying({"\5\1\0\1\0\0\0\0\0\0", 10}), "proxy: it failed"},
      {replying({"\5\5\0\1\0\0\0\0\0\0", 10}), "proxy: the connection was refused"},
      {replying({"\5\0\1\1\0\0\0\0\0\0", 10}), "proxy: what answers there speaks no SOCKS5"},
      {replying({"\5\0\0\2\0\0\0\0\0\0", 10}), "proxy: what answers there speaks no SOCKS5"},
      {replying({"\5\0\0\1\0\0\0", 7}), "proxy: read: "},
      {replying(""), "proxy: read: "},
      // A connection to nobody.
      {{}, "the peer closed the connection"},
      {{.is_silent = true}, "too slow: connecting"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.cause);
    Parties parties;
    const auto answering = parties.start(0);
    const std::uint16_t port = answering->listen(loopback);
    SocksServer proxy(each.script);
    TransportOptions options = through(proxy.port());
    if (each.script.is_silent) options.connect_time = 20ms;
    const auto dialling = parties.start(1, options);
    dialling->dial(parties.circle[0].device(), {"127.0.0.1", port});
    const std::string cause = parties.events[1].not_connected().cause;
    CAPTURE(cause);
    CHECK(cause.starts_with(each.cause));
    CHECK(parties.events[0].heard() == 0);
  }
}

TEST_CASE("transport: while the proxy is down nothing is dialled past it, but for who is to be") {
  Parties parties;
  const auto answering = parties.start(0);
  const std::uint16_t port = answering->listen(loopback);
  std::uint16_t closed = 0;
  {
    SocksServer gone({});
    closed = gone.port();
  }
  const auto dialling = parties.start(1, through(closed));
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", port});
  CHECK(parties.events[1].not_connected().cause.starts_with("proxy: connect: "));
  CHECK(parties.events[0].heard() == 0);
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", port}, Route::direct);
  CHECK(parties.events[1].connected(0) == parties.circle[0].device());
}

TEST_CASE("transport: an onion service is dialled through a proxy or not at all") {
  Parties parties;
  SocksServer proxy({});
  const std::string cause = "an onion service is reached through a proxy alone";
  const auto without = parties.start(0);
  without->dial(parties.circle[1].device(), {"abc.Onion", 1});
  CHECK(parties.events[0].not_connected().cause == cause);
  const auto with = parties.start(1, through(proxy.port()));
  with->dial(parties.circle[0].device(), {"abc.onion.", 1}, Route::direct);
  CHECK(parties.events[1].not_connected().cause == cause);
  TransportOptions named;
  named.proxy = Address{"localhost", proxy.port()};
  const auto error = muniment::test::error_of([&] { (void)parties.start(0, named); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::usage);
}

TEST_CASE("transport: IPv6 and IPv4 are listened at and dialled each by itself, at one port") {
  Parties parties;
  const auto answering = parties.start(0);
  std::uint16_t port = 0;
  if (muniment::test::error_of([&] { port = answering->listen({"::1", 0}); })) {
    MESSAGE("there is no IPv6 here");
    return;
  }
  const auto dialling = parties.start(1);
  dialling->dial(parties.circle[0].device(), {"::1", port});
  CHECK(parties.events[1].connected(0) == parties.circle[0].device());
  // What listens at an IPv6 address takes no IPv4.
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", port});
  CHECK(parties.events[1].not_connected().cause.starts_with("connect: "));
  CHECK(answering->listen({"127.0.0.1", port}) == port);
  dialling->dial(parties.circle[0].device(), {"127.0.0.1", port});
  CHECK(parties.events[1].connected(1) == parties.circle[0].device());
}

TEST_CASE("transport: addresses are a host and a port") {
  CHECK(parse_address("192.0.2.1:8440") == Address{"192.0.2.1", 8440});
  CHECK(parse_address("archive.example.org:1") == Address{"archive.example.org", 1});
  CHECK(parse_address("[2001:db8::1]:65535") == Address{"2001:db8::1", 65'535});
  CHECK(to_text(Address{"2001:db8::1", 8440}) == "[2001:db8::1]:8440");
  CHECK(to_text(Address{"192.0.2.1", 8440}) == "192.0.2.1:8440");
  for (const char* wrong : {"", "host", ":1", "host:", "host:65536", "host:1x", "host:-1", "::1:80",
                            "[]:1", "[::1]", "[host]:1", "host:01"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_address(wrong));
  }
}

}  // namespace muniment::sync
