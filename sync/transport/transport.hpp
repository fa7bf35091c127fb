// Sessions over real connections: listens, dials, and lets the sessions of one node talk to their
// peers. Nothing of Asio shows through.
//
// Each connection has a strand of its own, on which TLS runs; the node, with all hashing, signing
// and disk, has another. So a disk that is slow keeps no handshake, deadline or other peer's
// network waiting.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "sync/protocol/node.hpp"
#include "sync/transport/address.hpp"
#include "vault/replication.hpp"

namespace muniment::sync {

// How a peer is dialled: through the proxy, if there is one, or past it.
enum class Route { usual, direct };

struct Traffic {
  std::uint64_t received = 0;  // bytes of the protocol
  std::uint64_t sent = 0;

  friend bool operator==(const Traffic&, const Traffic&) = default;
};

// What becomes of connections. Called on the node's strand. Texts name addresses and causes; those
// that come from a peer may hold any bytes.
class TransportListener {
 public:
  virtual ~TransportListener() = default;

  // The peer has shown that it has the device's key. At most one session with a peer at a time.
  virtual void connected(const DeviceId& peer, const std::string& address) = 0;
  struct End {
    std::optional<CloseCode> code;  // of the session; empty if the connection broke
    bool peer_failed = false;       // the session ended because the peer broke a rule
    std::string cause;              // why the connection ended
    Traffic traffic;
  };
  virtual void disconnected(const DeviceId& peer, const std::string& address, const End& end) = 0;
  // It never came to a session. `peer` is who was dialled; empty if the other side connected.
  virtual void not_connected(const std::optional<DeviceId>& peer, const std::string& address,
                             const std::string& cause) = 0;
  // Something of ours; the transport goes on.
  virtual void transport_failed(const std::string& cause) = 0;
};

struct TransportOptions {
  // A SOCKS5 proxy, at an IP address. With one, nothing is dialled past it, and no name is looked
  // up, but for Route::direct.
  std::optional<Address> proxy = std::nullopt;
  std::chrono::milliseconds connect_time = limits::connect_time;
  std::chrono::milliseconds handshake_time = limits::handshake_time;
  std::chrono::milliseconds write_time = limits::write_time;
  std::chrono::milliseconds shutdown_time = limits::shutdown_time;
  std::size_t half_open_max = limits::half_open_max;
  // For the sessions' deadlines; by default the steady clock. Called on the node's strand.
  std::function<Instant()> now;
};

// The device with this transport key, if it is active. Called on the node's strand.
using FindPeer = std::function<std::optional<DeviceId>(const VerifyKey<TransportPurpose>&)>;

class Transport {
 public:
  // Begins to work. All that is given must outlive it; from here on the node, and what it stands
  // on, is used by nobody but through run_on_node. Error(io) if there can be no TLS; Error(usage)
  // if the proxy is not at an IP address.
  Transport(Node& node, const TransportKey& key, FindPeer find_peer, TransportListener& listener,
            TransportOptions options = {});
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Takes connections at an IP address; port 0 lets the system choose one. Returns the port.
  // Error(usage) if it is no IP address, Error(io) if the system refuses.
  std::uint16_t listen(const Address& address);
  // Connects; what becomes of it is told to the listener. If there is a session with the peer
  // already, one of the two ends (PROTOCOL.md §1). One at a time for each peer: of two that are
  // under way neither side knows which is the later. Onion services are dialled through a proxy or
  // not at all.
  void dial(const DeviceId& peer, const Address& address, Route route = Route::usual);

  // Runs `step` on the node's strand, soon. What it throws is told to the listener.
  void run_on_node(std::function<void()> step);
  // The sessions' clock has jumped, or the node was changed.
  void tick();
  // Of each session that was told of, until now. On the node's strand.
  [[nodiscard]] std::map<DeviceId, Traffic> traffic() const;

  // With whom there is a session in which nothing is asked for, and both sides know the same. On
  // the node's strand.
  [[nodiscard]] std::set<DeviceId> settled() const;

  // Tells each peer that this program ends, gives them options.shutdown_time to take it, and
  // returns when nothing runs any more. Nothing else may be called after it.
  void stop();

 private:
  class Threads;
  std::unique_ptr<Threads> x_threads;
};

}  // namespace muniment::sync
