// What all connections share: the node and its sessions. On one strand.
#pragma once

#include <atomic>
#include <map>
#include <set>

#include "sync/protocol/session.hpp"
#include "sync/transport/connection.hpp"

namespace muniment::sync {

// All on its strand, but for what only reads what never changes, and the count of half-open
// connections. Nothing here throws: what fails is told to the listener, and ends the session that
// it concerns.
class Hub {
 public:
  Hub(asio::io_context& context, Node& node, const TransportKey& key, FindPeer find_peer,
      TransportListener& listener, TransportOptions options);

  // From any thread.
  [[nodiscard]] const Strand& strand() const noexcept { return x_strand; }
  [[nodiscard]] const TransportOptions& options() const noexcept { return x_options; }
  [[nodiscard]] const TlsIdentity& identity() const noexcept { return x_identity; }
  // Counts one more connection of a peer that is not known yet. False if there are too many.
  [[nodiscard]] bool count_half_open() noexcept;
  [[nodiscard]] TransportListener& listener() noexcept { return x_listener; }

  void add(std::shared_ptr<Connection> connection);
  // Begins a session if `key` is a device's that we may speak to.
  [[nodiscard]] bool admit(Connection& connection,
                           const std::optional<VerifyKey<TransportPurpose>>& key);
  void received(Connection& connection, ByteView bytes);
  struct Output {
    Bytes bytes;
    bool ended = false;  // nothing will follow
  };
  // What is to be sent. If it is nothing, the connection is woken when there is something.
  [[nodiscard]] Output take_output(Connection& connection);
  void remove(Connection& connection, const std::string& cause);

  [[nodiscard]] std::map<DeviceId, Traffic> traffic() const;
  [[nodiscard]] std::set<DeviceId> settled() const;
  // Lets each session look at the clock, and at what the others have done.
  void tick();
  void stop();
  // Runs `step`; what it throws is told to the listener. False if it threw.
  template <class Step>
  bool guarded(Step step);

 private:
  struct Link {
    std::shared_ptr<Connection> connection;
    std::unique_ptr<Session> session;
    bool half_open = false;  // it counts as such
    bool refused = false;    // and the listener knows
    bool connected = false;  // the same
    bool waiting = false;    // its sender waits to be woken
    Traffic traffic;
  };

  // `step` is about this link alone, whose session ends if it throws.
  template <class Step>
  void guarded(Link& link, Step step);
  [[nodiscard]] Instant now() const;
  // The link with a session with this peer that has not ended.
  [[nodiscard]] Link* find(const DeviceId& peer);
  // Of two connections with one peer, whether the later one stays: both sides come to the same.
  [[nodiscard]] bool is_preferred(const Connection& later, const Connection& earlier,
                                  const DeviceId& peer) const;
  void begin_session(Link& link, const DeviceId& peer);
  void end_half_open(Link& link) noexcept;
  void wake_if_needed(Link& link);
  void tick_soon();
  void set_timer();

  Strand x_strand;
  Node& x_node;
  FindPeer x_find_peer;
  TransportListener& x_listener;
  TransportOptions x_options;
  TlsIdentity x_identity;
  asio::steady_timer x_timer;
  std::map<const Connection*, Link> x_links;
  bool x_tick_queued = false;
  bool x_stopping = false;
  std::atomic<std::size_t> x_half_open{0};
};

template <class Step>
bool Hub::guarded(Step step) {
  try {
    step();
    return true;
  } catch (const std::exception& error) {
    x_listener.transport_failed(error.what());
    return false;
  }
}

}  // namespace muniment::sync
