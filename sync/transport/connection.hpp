// One connection: a socket and the deadlines that it stands under. It knows no frames; what comes
// goes to the hub, and what the hub has for the peer is sent.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "sync/transport/tls.hpp"
#include "sync/transport/transport.hpp"

namespace muniment::sync {

class Hub;

using Strand = asio::strand<asio::io_context::executor_type>;

// Everything runs on the connection's own strand, but for what is said to run on the hub's.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Whom to dial.
  struct Target {
    DeviceId peer;
    Address address;
    std::optional<Address> proxy;  // with one, through it alone
  };

  // Of a peer that connected to us. `hub` must outlive it.
  Connection(Hub& hub, Strand strand, asio::ip::tcp::socket socket, std::string address);
  // To a peer that is expected somewhere.
  Connection(Hub& hub, Strand strand, Target target);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Lives until it has ended and the hub has heard of it. From any thread.
  void start();
  // There is something to send, or the session has ended. From any thread.
  void wake();
  // The program ends: what is left has only limits::shutdown_time. From any thread.
  void hurry();

  [[nodiscard]] Role role() const noexcept { return x_role; }
  // Whom it must turn out to be.
  [[nodiscard]] std::optional<DeviceId> expected() const {
    return x_target ? std::optional(x_target->peer) : std::nullopt;
  }
  // For the listener.
  [[nodiscard]] const std::string& address() const noexcept { return x_address; }

 private:
  using Self = std::shared_ptr<Connection>;

  // The connection's whole life.
  [[nodiscard]] static asio::awaitable<void> run(Self self);
  [[nodiscard]] asio::awaitable<void> connect();
  [[nodiscard]] asio::awaitable<void> connect_directly();
  [[nodiscard]] asio::awaitable<void> connect_by_proxy();
  // Returns when the peer has nothing more to say.
  [[nodiscard]] asio::awaitable<void> receive_all();
  // On the hub's strand: what was read last.
  void look_at(std::size_t input, std::size_t count);
  // Beside it; returns when the session has nothing more to say.
  [[nodiscard]] static asio::awaitable<void> send_all(Self self);
  [[nodiscard]] asio::awaitable<void> send_output();

  // What a proxy takes longer.
  [[nodiscard]] std::chrono::milliseconds by_proxy(std::chrono::milliseconds time) const;
  // After so long everything is given up, unless it is set anew before.
  void set_deadline(std::chrono::milliseconds time, const char* stage);
  void clear_deadline();
  void give_up(const std::string& cause) noexcept;

  Hub& x_hub;
  Strand x_strand;
  Role x_role;
  std::optional<Target> x_target;
  std::string x_address;
  asio::ip::tcp::socket x_socket;  // until it is x_tls's
  asio::ip::tcp::resolver x_resolver;
  std::optional<TlsStream> x_tls;
  asio::steady_timer x_deadline;
  std::uint64_t x_deadline_number = 0;  // a timer that was set anew may have gone off already
  asio::steady_timer x_alarm;           // goes off when there is something to send
  bool x_woken = false;
  std::array<Bytes, 2> x_input;    // one is read while the other is looked at
  asio::steady_timer x_looked_at;  // goes off when it was
  bool x_looking = false;
  bool x_sending = false;
  bool x_hurried = false;
  bool x_over = false;
  std::string x_cause;  // the first one
};

}  // namespace muniment::sync
