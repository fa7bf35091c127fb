// Who may connect, and how long whoever stalls is waited for.
#include <poll.h>

#include <chrono>
#include <thread>

#include "tests/sync/hostile_rules.hpp"

namespace muniment::sync::test {

namespace {

using namespace std::chrono_literals;

// How a connection ends on which TLS is made with `context`.
std::string end_of_handshake(const Target& target, SSL_CTX& context) {
  RawPeer peer(target.port);
  // A client is done before the server has looked at its certificate.
  if (peer.shake_hands(context) && !peer.hear_all().empty()) return "answered";
  return "closed";
}

std::string end_of_handshake(const Target& target, const HostileDevice& device,
                             const std::function<void(SSL_CTX&)>& change) {
  const TlsIdentity identity(device.transport);
  change(identity.context());
  return end_of_handshake(target, identity.context());
}

void offer_protocol(SSL_CTX& context, std::string_view name) {
  const std::string wire = static_cast<char>(name.size()) + std::string(name);
  REQUIRE(SSL_CTX_set_alpn_protos(&context, c_bytes(as_bytes(wire)),
                                  static_cast<unsigned>(wire.size())) == 0);
}

std::string too_many_half_open(const Target& target, const HostileDevice&) {
  constexpr std::size_t surplus = 8;
  // Until the one that began with no handshake is gone.
  std::this_thread::sleep_for(limits::handshake_time + 2s);
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<pollfd> polled;
  for (std::size_t i = 0; i < limits::half_open_max + surplus; ++i) {
    peers.push_back(std::make_unique<RawPeer>(target.port));
    polled.push_back({peers.back()->descriptor(), POLLIN, 0});
  }
  // Nothing comes on a connection but its end.
  std::size_t ended = 0;
  while (ended < surplus) {
    REQUIRE(::poll(polled.data(), polled.size(), -1) > 0);
    ended = static_cast<std::size_t>(
        std::ranges::count_if(polled, [](const pollfd& each) { return each.revents != 0; }));
  }
  return std::to_string(ended) + " too many are closed";
}

// Says something every second for as long as it takes.
std::string end_while_talking(HostilePeer& peer, const std::function<void()>& talk) {
  std::atomic<bool> ended{false};
  std::thread talking([&] {
    while (!ended) {
      talk();
      std::this_thread::sleep_for(1s);
    }
  });
  const std::string ending = peer.ending();
  ended = true;
  talking.join();
  return ending;
}

std::string silence(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  // It would be heard if it refused packs that others' ledgers list.
  peer.packs = HostilePeer::Packs::ignores;
  peer.say_hello();
  const bool was_asked = peer.await<Ping>() != 0;
  return (was_asked ? "asked whether it lives, then " : "not asked, ") + peer.ending();
}

// Fills its window with shards, and reads none of them.
std::string reads_nothing(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device, 4096);
  peer.say_hello();
  const auto count = static_cast<std::uint8_t>(run_shards_max(target.size_class));
  for (std::size_t i = 0; i < limits::window_bytes_max / limits::piece_bytes_max; ++i) {
    peer.ask(GetShards{target.pack, 0, count});
  }
  // Its side of the connection is closed under it when the daemon has given up.
  while (true) {
    std::this_thread::sleep_for(1s);
    pollfd polled{peer.raw().descriptor(), POLLRDHUP, 0};
    // What is not read hides the end; the daemon's log shows it.
    if (::poll(&polled, 1, 0) > 0 || target.log().find("too slow: sending") != std::string::npos) {
      return peer.ending();
    }
  }
}

const Rule rules[] = {
    {"", "a key of no active device", "closed",
     [](auto& target, auto&) {
       muniment::test::FixedRandom random(77);
       const auto key = SigningKey<TransportPurpose>::generate(random);
       return end_of_handshake(target, TlsIdentity(key).context());
     }},
    {"", "no certificate", "closed",
     [](auto& target, auto&) {
       const Handle<SSL_CTX, SSL_CTX_free> bare(SSL_CTX_new(TLS_method()));
       offer_protocol(*bare, "muniment-sync/1");
       return end_of_handshake(target, *bare);
     }},
    {"", "TLS 1.2", "closed",
     [](auto& target, auto& device) {
       return end_of_handshake(target, device, [](SSL_CTX& context) {
         REQUIRE(SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1);
         REQUIRE(SSL_CTX_set_max_proto_version(&context, TLS1_2_VERSION) == 1);
       });
     }},
    {"", "another protocol", "closed",
     [](auto& target, auto& device) {
       return end_of_handshake(
           target, device, [](SSL_CTX& context) { offer_protocol(context, "muniment-sync/2"); });
     }},
    {"handshake_time", "a connection, and no handshake", "closed",
     [](auto& target, auto&) {
       return std::string(RawPeer(target.port).is_closed() ? "closed" : "answered");
     },
     true},
    {"hello_time", "a handshake, and no HELLO", "timeout",
     [](auto& target, auto& device) { return HostilePeer(target, device).ending(); }, true},
    {"frame_time", "a frame that comes a byte a second", "timeout",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       peer.send(frame(MessageType{0x80}, 0, limits::ignorable_bytes_max));
       return end_while_talking(peer, [&] { peer.send(Bytes(1)); });
     },
     true},
    {"answer_time stale_ask_time", "no answer to anything, packs of others among it", "timeout",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.packs = HostilePeer::Packs::ignores;
       peer.say_hello();
       return end_while_talking(peer, [&] { peer.say_news(); });
     },
     true},
    {"ping_after idle_time", "HELLO, and then nothing", "asked whether it lives, then timeout",
     silence, true},
    {"write_time outbox_bytes_max", "requests for a whole window of shards, of which none is read",
     "closed", reads_nothing, true},
    // Last: nobody else can connect meanwhile.
    {"half_open_max", "more connections without a handshake than there may be",
     "8 too many are closed", too_many_half_open},
};

const OwnLimit own[] = {
    {"kib mib proxy_time_factor", "no limits: units, and what stretches others"},
    {"connection_bytes_max",
     "64 GiB go over no test's connection; both sides count and connect anew"},
    {"read_bytes unsynced_bytes_max unsynced_time_max summary_interval round_interval "
     "challenge_interval burst_time throttle_patience",
     "how often and how much this side does of its own accord; no message changes it"},
    {"connect_time",
     "of who dials: transport_test has peers that take a connection and never answer"},
    {"shutdown_time", "the last step of hostile_client_test"},
    {"accept_pause storage_pause busy_pause",
     "when our own system fails: no peer can make it; vault_replica_test"},
    {"busy_time_min busy_time_max absent_time_min absent_time_max",
     "when a peer that refused is asked again: session_test, by a clock set forward"},
};

}  // namespace

std::span<const Rule> rules_of_connections() {
  return rules;
}

std::span<const OwnLimit> own_limits() {
  return own;
}

}  // namespace muniment::sync::test
