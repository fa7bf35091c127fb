#include "sync/transport/hub.hpp"

#include <boost/asio/post.hpp>

#include "vault/base/assert.hpp"

namespace muniment::sync {

namespace {

// The sessions' deadlines are looked at between so and so often, whatever their clock says.
constexpr std::chrono::milliseconds tick_at_earliest{20};
constexpr std::chrono::milliseconds tick_at_latest{5'000};

Instant steady_now() {
  return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

Hub::Hub(asio::io_context& context, Node& node, const TransportKey& key, FindPeer find_peer,
         TransportListener& listener, TransportOptions options)
    : x_strand(asio::make_strand(context)),
      x_node(node),
      x_find_peer(std::move(find_peer)),
      x_listener(listener),
      x_options(std::move(options)),
      x_identity(key),
      x_timer(x_strand) {
  if (!x_options.now) x_options.now = steady_now;
}

Instant Hub::now() const {
  return x_options.now();
}

bool Hub::count_half_open() noexcept {
  if (++x_half_open <= x_options.half_open_max) return true;
  --x_half_open;
  return false;
}

template <class Step>
void Hub::guarded(Link& link, Step step) {
  if (!guarded(step) && link.session) link.session->close(CloseCode::failed);
}

// ---- connections come and go ----

void Hub::add(std::shared_ptr<Connection> connection) {
  if (x_stopping) connection->hurry();
  Link& link = x_links[connection.get()];
  // What we dial ourselves is not what the limit is for.
  link.half_open = connection->role() == Role::answers;
  link.connection = std::move(connection);
}

void Hub::end_half_open(Link& link) noexcept {
  if (std::exchange(link.half_open, false)) --x_half_open;
}

Hub::Link* Hub::find(const DeviceId& peer) {
  for (auto& [key, link] : x_links) {
    if (link.session && !link.session->closed() && link.session->peer() == peer) return &link;
  }
  return nullptr;
}

bool Hub::is_preferred(const Connection& later, const Connection& earlier,
                       const DeviceId& peer) const {
  // Who dials twice has seen the first one end, or knows better.
  if (later.role() == earlier.role()) return true;
  const bool we_are_smaller = x_node.ledgers().device() < peer;
  return we_are_smaller == (later.role() == Role::dials);
}

bool Hub::admit(Connection& connection, const std::optional<VerifyKey<TransportPurpose>>& key) {
  Link& link = x_links.at(&connection);
  end_half_open(link);
  guarded(link, [&] {
    const auto peer = key ? x_find_peer(*key) : std::nullopt;
    const bool is_own = peer == x_node.ledgers().device();
    if (x_stopping) return;
    if (!peer || is_own || (connection.expected() && connection.expected() != peer)) {
      x_listener.not_connected(connection.expected(), connection.address(),
                               is_own  ? "this is the device itself"
                               : !peer ? "the key is of no active device"
                                       : "another device answers there");
      link.refused = true;
      return;
    }
    begin_session(link, *peer);
  });
  return link.session != nullptr;
}

void Hub::begin_session(Link& link, const DeviceId& peer) {
  Link* const earlier = find(peer);
  link.session = std::make_unique<Session>(x_node, peer, now());
  if (earlier != nullptr && !is_preferred(*link.connection, *earlier->connection, peer)) {
    link.session->close(CloseCode::replaced);
    x_listener.not_connected(link.connection->expected(), link.connection->address(),
                             "there is a session with the device already");
    link.refused = true;
  } else {
    if (earlier != nullptr) {
      earlier->session->close(CloseCode::replaced);
      wake_if_needed(*earlier);
    }
    x_listener.connected(peer, link.connection->address());
    link.connected = true;
  }
  tick_soon();
}

void Hub::remove(Connection& connection, const std::string& cause) {
  const auto found = x_links.find(&connection);
  VAULT_ASSERT(found != x_links.end());
  Link link = std::move(found->second);
  x_links.erase(found);
  end_half_open(link);
  guarded([&] {
    if (link.connected) {
      const TransportListener::End end{link.session->closed(), link.session->peer_failed(), cause,
                                       link.traffic};
      const DeviceId peer = link.session->peer();
      link.session.reset();
      x_listener.disconnected(peer, connection.address(), end);
    } else if (!link.refused) {
      x_listener.not_connected(connection.expected(), connection.address(), cause);
    }
  });
  // What this session had asked for may be asked of others.
  tick_soon();
}

// ---- bytes ----

std::map<DeviceId, Traffic> Hub::traffic() const {
  std::map<DeviceId, Traffic> result;
  for (const auto& [key, link] : x_links) {
    if (!link.connected) continue;
    Traffic& traffic = result[link.session->peer()];
    traffic.received += link.traffic.received;
    traffic.sent += link.traffic.sent;
  }
  return result;
}

std::set<DeviceId> Hub::settled() const {
  std::set<DeviceId> result;
  for (const auto& [key, link] : x_links) {
    if (link.connected && link.session->settled()) result.insert(link.session->peer());
  }
  return result;
}

void Hub::received(Connection& connection, ByteView bytes) {
  Link& link = x_links.at(&connection);
  link.traffic.received += bytes.size();
  guarded(link, [&] {
    link.session->receive(bytes, now());
    if (link.traffic.received >= limits::connection_bytes_max) link.session->close(CloseCode::done);
  });
  wake_if_needed(link);
  tick_soon();
}

Hub::Output Hub::take_output(Connection& connection) {
  Link& link = x_links.at(&connection);
  Output output;
  guarded(link, [&] {
    output.bytes = link.session->take_output(now());
    link.traffic.sent += output.bytes.size();
    if (link.traffic.sent >= limits::connection_bytes_max) link.session->close(CloseCode::done);
  });
  // The BYE of a session that has just failed.
  if (output.bytes.empty() && link.session->closed()) {
    output.bytes = link.session->take_output(now());
  }
  output.ended = output.bytes.empty() && link.session->closed();
  link.waiting = output.bytes.empty() && !output.ended;
  // A rate may hold something back.
  if (link.waiting) set_timer();
  return output;
}

void Hub::wake_if_needed(Link& link) {
  if (!link.waiting || !link.session->has_output()) return;
  link.waiting = false;
  link.connection->wake();
}

// ---- time ----

void Hub::tick() {
  if (x_stopping) return;
  for (auto& [key, link] : x_links) {
    if (!link.session) continue;
    guarded(link, [&] { link.session->tick(now()); });
    wake_if_needed(link);
  }
  set_timer();
}

void Hub::tick_soon() {
  if (std::exchange(x_tick_queued, true)) return;
  asio::post(x_strand, [this] {
    x_tick_queued = false;
    tick();
  });
}

void Hub::set_timer() {
  std::chrono::milliseconds delay = tick_at_latest;
  for (const auto& [key, link] : x_links) {
    if (!link.session || link.session->closed()) continue;
    delay = std::min(delay, link.session->next_deadline() - now());
  }
  x_timer.expires_after(std::max(delay, tick_at_earliest));
  x_timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Hub::stop() {
  x_stopping = true;
  x_timer.cancel();
  for (auto& [key, link] : x_links) {
    if (link.session) {
      link.session->close(CloseCode::stopping);
      wake_if_needed(link);
    }
    link.connection->hurry();
  }
}

}  // namespace muniment::sync
