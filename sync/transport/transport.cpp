#include "sync/transport/transport.hpp"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "sync/transport/hub.hpp"
#include "vault/base/text.hpp"

namespace muniment::sync {

namespace {

using asio::ip::tcp;

// One for the node, whose disk may be slow, and two for the network.
constexpr std::size_t thread_count = 3;
constexpr int backlog = 64;

std::string text_of(const tcp::endpoint& endpoint) {
  return to_text(Address{endpoint.address().to_string(), endpoint.port()});
}

// Signals are the business of whoever made the threads; and a peer that is gone is an error of a
// write, no SIGPIPE. What a thread does to itself still ends the program.
void block_signals() {
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&blocked, fault);
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

}  // namespace

class Transport::Threads {
 public:
  Threads(Node& node, const TransportKey& key, FindPeer find_peer, TransportListener& listener,
          TransportOptions options)
      : hub(context, node, key, std::move(find_peer), listener, std::move(options)),
        x_accepting(asio::make_strand(context)),
        x_work(context.get_executor()) {
    for (std::size_t i = 0; i < thread_count; ++i) x_threads.emplace_back([this] { run(); });
    asio::post(hub.strand(), [this] { hub.tick(); });
  }

  std::uint16_t listen(const Address& address) {
    boost::system::error_code error;
    const auto ip = asio::ip::make_address(address.host, error);
    if (error) {
      throw Error(ErrorCode::usage, escape(address.host) + ": not an IP address to listen at",
                  "0.0.0.0 or :: for all of this machine's");
    }
    auto acceptor = std::make_shared<tcp::acceptor>(x_accepting);
    const tcp::endpoint endpoint(ip, address.port);
    try {
      acceptor->open(endpoint.protocol());
      acceptor->set_option(tcp::acceptor::reuse_address(true));
      if (ip.is_v6()) acceptor->set_option(asio::ip::v6_only(true));
      acceptor->bind(endpoint);
      acceptor->listen(backlog);
    } catch (const boost::system::system_error& refused) {
      throw io_error(to_text(address), "listen", refused.code().value());
    }
    const std::uint16_t port = acceptor->local_endpoint().port();
    asio::post(x_accepting, [this, acceptor] {
      x_acceptors.push_back(acceptor);
      asio::co_spawn(x_accepting, accept_all(acceptor), asio::detached);
    });
    return port;
  }

  void dial(const DeviceId& peer, const Address& address, Route route) {
    Connection::Target target{peer, address, std::nullopt};
    if (route == Route::usual) target.proxy = hub.options().proxy;
    std::make_shared<Connection>(hub, asio::make_strand(context), std::move(target))->start();
  }

  void stop() {
    if (x_threads.empty()) return;
    asio::post(x_accepting, [this] {
      x_stopping = true;
      for (const auto& acceptor : x_acceptors) acceptor->close();
      if (x_pause) x_pause->cancel();
    });
    asio::post(hub.strand(), [this] { hub.stop(); });
    // The threads return when there is nothing left to do.
    x_work.reset();
    for (std::thread& thread : x_threads) thread.join();
    x_threads.clear();
  }

 private:
  void run() {
    block_signals();
    while (true) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        asio::post(hub.strand(), [this, cause = std::string(error.what())] {
          hub.listener().transport_failed(cause);
        });
      }
    }
  }

  asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor) {
    while (!x_stopping) {
      const Strand strand = asio::make_strand(context);
      auto [error, socket] = co_await acceptor->async_accept(asio::any_io_executor(strand),
                                                             asio::as_tuple(asio::use_awaitable));
      if (x_stopping) co_return;
      if (error) {
        co_await pause(error.message());
        continue;
      }
      boost::system::error_code gone;
      const tcp::endpoint from = socket.remote_endpoint(gone);
      // Else it is closed at once: whoever is refused costs us nothing.
      if (gone || !hub.count_half_open()) continue;
      std::make_shared<Connection>(hub, strand, std::move(socket), text_of(from))->start();
    }
  }

  // There are no descriptors or no memory for one more, which may pass.
  asio::awaitable<void> pause(std::string cause) {
    asio::post(hub.strand(),
               [this, cause] { hub.listener().transport_failed("accept: " + cause); });
    x_pause.emplace(x_accepting, limits::accept_pause);
    co_await x_pause->async_wait(asio::as_tuple(asio::use_awaitable));
  }

 public:
  asio::io_context context;
  Hub hub;

 private:
  // Of all acceptors.
  Strand x_accepting;
  std::vector<std::shared_ptr<tcp::acceptor>> x_acceptors;
  std::optional<asio::steady_timer> x_pause;
  bool x_stopping = false;

  asio::executor_work_guard<asio::io_context::executor_type> x_work;
  std::vector<std::thread> x_threads;
};

Transport::Transport(Node& node, const TransportKey& key, FindPeer find_peer,
                     TransportListener& listener, TransportOptions options) {
  if (options.proxy && !is_ip(*options.proxy)) {
    throw Error(ErrorCode::usage, escape(options.proxy->host) + ": not the IP address of a proxy",
                "its name would be asked of a name server");
  }
  x_threads =
      std::make_unique<Threads>(node, key, std::move(find_peer), listener, std::move(options));
}

Transport::~Transport() {
  stop();
}

std::uint16_t Transport::listen(const Address& address) {
  return x_threads->listen(address);
}

void Transport::dial(const DeviceId& peer, const Address& address, Route route) {
  x_threads->dial(peer, address, route);
}

void Transport::run_on_node(std::function<void()> step) {
  asio::post(x_threads->hub.strand(), [hub = &x_threads->hub, step = std::move(step)] {
    static_cast<void>(hub->guarded(step));
  });
}

std::map<DeviceId, Traffic> Transport::traffic() const {
  return x_threads->hub.traffic();
}

std::set<DeviceId> Transport::settled() const {
  return x_threads->hub.settled();
}

void Transport::tick() {
  asio::post(x_threads->hub.strand(), [hub = &x_threads->hub] { hub->tick(); });
}

void Transport::stop() {
  x_threads->stop();
}

}  // namespace muniment::sync
