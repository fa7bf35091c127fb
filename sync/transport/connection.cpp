#include "sync/transport/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "sync/transport/hub.hpp"
#include "sync/transport/socks5.hpp"

namespace muniment::sync {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// Where a coroutine goes on. From the hub's strand, where it may use what is shared by all
// connections, to its own and back: nothing else is ever used on both.
asio::awaitable<void> go_to(Strand strand) {
  co_await asio::post(asio::bind_executor(strand, asio::use_awaitable));
}

}  // namespace

Connection::Connection(Hub& hub, Strand strand, asio::ip::tcp::socket socket, std::string address)
    : x_hub(hub),
      x_strand(strand),
      x_role(Role::answers),
      x_address(std::move(address)),
      x_socket(std::move(socket)),
      x_resolver(strand),
      x_deadline(strand),
      x_alarm(strand, asio::steady_timer::time_point::max()),
      x_looked_at(strand, asio::steady_timer::time_point::max()) {}

Connection::Connection(Hub& hub, Strand strand, Target target)
    : x_hub(hub),
      x_strand(strand),
      x_role(Role::dials),
      x_target(std::move(target)),
      x_address(to_text(x_target->address)),
      x_socket(strand),
      x_resolver(strand),
      x_deadline(strand),
      x_alarm(strand, asio::steady_timer::time_point::max()),
      x_looked_at(strand, asio::steady_timer::time_point::max()) {}

void Connection::start() {
  asio::co_spawn(x_strand, run(shared_from_this()), asio::detached);
}

void Connection::wake() {
  asio::post(x_strand, [self = shared_from_this()] {
    self->x_woken = true;
    self->x_alarm.cancel();
  });
}

void Connection::hurry() {
  asio::post(x_strand, [self = shared_from_this()] {
    if (self->x_over) return;
    // Nobody waits for handshakes then.
    if (!self->x_sending) return self->give_up("the program ends");
    self->set_deadline(self->x_hub.options().shutdown_time, "the end");
    self->x_hurried = true;
  });
}

// ---- deadlines ----

std::chrono::milliseconds Connection::by_proxy(std::chrono::milliseconds time) const {
  return x_target && x_target->proxy ? time * limits::proxy_time_factor : time;
}

void Connection::set_deadline(std::chrono::milliseconds time, const char* stage) {
  if (x_hurried) return;
  const std::uint64_t number = ++x_deadline_number;
  x_deadline.expires_after(time);
  x_deadline.async_wait(
      [self = shared_from_this(), number, stage](const boost::system::error_code& error) {
        if (error || number != self->x_deadline_number) return;
        self->give_up(std::string("too slow: ") + stage);
      });
}

void Connection::clear_deadline() {
  if (x_hurried) return;
  ++x_deadline_number;
  x_deadline.cancel();
}

void Connection::give_up(const std::string& cause) noexcept {
  if (x_cause.empty()) x_cause = cause;
  x_over = true;
  x_alarm.cancel();
  x_looked_at.cancel();
  x_resolver.cancel();
  if (x_tls) {
    x_tls->close();
  } else {
    boost::system::error_code ignored;
    x_socket.close(ignored);
  }
}

// ---- life ----

asio::awaitable<void> Connection::run(Self self) {
  Connection& it = *self;
  co_await go_to(it.x_hub.strand());
  it.x_hub.add(self);
  co_await go_to(it.x_strand);
  try {
    if (it.x_over) throw Error(ErrorCode::io, it.x_cause);
    if (it.x_target) co_await it.connect();
    it.set_deadline(it.by_proxy(it.x_hub.options().handshake_time), "handshake");
    it.x_tls.emplace(std::move(it.x_socket), it.x_hub.identity(), it.x_role);
    co_await it.x_tls->shake_hands();
    const auto key = it.x_tls->peer_key();
    co_await go_to(it.x_hub.strand());
    const bool admitted = it.x_hub.admit(it, key);
    co_await go_to(it.x_strand);
    it.clear_deadline();
    if (admitted && !it.x_over) {
      it.x_sending = true;
      asio::co_spawn(it.x_strand, send_all(self), asio::detached);
      co_await it.receive_all();
    }
  } catch (const std::exception& error) {
    if (it.x_cause.empty()) it.x_cause = error.what();
  }
  // The sender ends soon, and then there is nothing left to wait for.
  it.give_up("the peer closed the connection");
  while (it.x_sending) co_await it.x_alarm.async_wait(as_result);
  it.x_hurried = false;
  it.clear_deadline();
  const std::string cause = it.x_cause;
  co_await go_to(it.x_hub.strand());
  it.x_hub.remove(it, cause);
}

asio::awaitable<void> Connection::connect() {
  set_deadline(by_proxy(x_hub.options().connect_time), "connecting");
  if (x_target->proxy) {
    co_await connect_by_proxy();
  } else if (is_onion(x_target->address)) {
    throw Error(ErrorCode::io, "an onion service is reached through a proxy alone");
  } else {
    co_await connect_directly();
  }
}

asio::awaitable<void> Connection::connect_directly() {
  // No temporaries in a co_await expression: GCC 12 destroys some of them twice.
  const std::string port = std::to_string(x_target->address.port);
  const auto [unresolved, found] =
      co_await x_resolver.async_resolve(x_target->address.host, port, as_result);
  if (x_over) throw Error(ErrorCode::io, x_cause);
  if (unresolved) throw Error(ErrorCode::io, "no such host: " + unresolved.message());
  const auto [failed, endpoint] = co_await asio::async_connect(x_socket, found, as_result);
  if (x_over) throw Error(ErrorCode::io, x_cause);
  if (failed) throw Error(ErrorCode::io, "connect: " + failed.message());
}

asio::awaitable<void> Connection::connect_by_proxy() {
  const asio::ip::tcp::endpoint proxy(asio::ip::make_address(x_target->proxy->host),
                                      x_target->proxy->port);
  const auto [failed] = co_await x_socket.async_connect(proxy, as_result);
  if (x_over) throw Error(ErrorCode::io, x_cause);
  if (failed) throw Error(ErrorCode::io, "proxy: connect: " + failed.message());
  Socks5 request(x_target->address);
  while (request.wanted() > 0) {
    const Bytes output = request.take_output();
    const auto out = asio::buffer(output.data(), output.size());
    const auto [unsent, sent] = co_await asio::async_write(x_socket, out, as_result);
    if (x_over) throw Error(ErrorCode::io, x_cause);
    if (unsent) throw Error(ErrorCode::io, "proxy: write: " + unsent.message());
    Bytes answer(request.wanted());
    const auto in = asio::buffer(answer.data(), answer.size());
    const auto [unread, read] = co_await asio::async_read(x_socket, in, as_result);
    if (x_over) throw Error(ErrorCode::io, x_cause);
    if (unread) throw Error(ErrorCode::io, "proxy: read: " + unread.message());
    request.take(answer);
  }
}

asio::awaitable<void> Connection::receive_all() {
  for (std::size_t i = 0;; i = 1 - i) {
    x_input[i].resize(limits::read_bytes);
    const std::size_t count = co_await x_tls->read_some(x_input[i]);
    while (x_looking && !x_over) co_await x_looked_at.async_wait(as_result);
    if (count == 0 || x_over) co_return;
    x_looking = true;
    asio::post(x_hub.strand(), [self = shared_from_this(), i, count] { self->look_at(i, count); });
  }
}

void Connection::look_at(std::size_t input, std::size_t count) {
  x_hub.received(*this, ByteView(x_input[input]).first(count));
  asio::post(x_strand, [self = shared_from_this()] {
    self->x_looking = false;
    self->x_looked_at.cancel();
  });
}

asio::awaitable<void> Connection::send_all(Self self) {
  Connection& it = *self;
  try {
    co_await it.send_output();
    it.set_deadline(it.x_hub.options().shutdown_time, "the end");
    it.x_tls->finish();
  } catch (const std::exception& error) {
    it.give_up(error.what());
  }
  it.x_sending = false;
  it.x_alarm.cancel();
}

asio::awaitable<void> Connection::send_output() {
  while (!x_over) {
    x_woken = false;
    co_await go_to(x_hub.strand());
    Hub::Output output = x_hub.take_output(*this);
    co_await go_to(x_strand);
    if (!output.bytes.empty()) {
      set_deadline(x_hub.options().write_time, "sending");
      co_await x_tls->write(output.bytes);
      clear_deadline();
    } else if (output.ended) {
      co_return;
    }
    // The alarm rings for everything, so what it is about is asked of the flags.
    while (output.bytes.empty() && !x_woken && !x_over) co_await x_alarm.async_wait(as_result);
  }
}

}  // namespace muniment::sync
