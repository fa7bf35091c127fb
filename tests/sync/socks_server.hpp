// A SOCKS5 proxy that does as it is told: what it should, or what none should.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <thread>
#include <vector>

#include "vault/base/bytes.hpp"

namespace muniment::sync::test {

class SocksServer {
 public:
  struct Script {
    Bytes method{std::byte{5}, std::byte{0}};
    Bytes reply = to_bytes(as_bytes(std::string_view("\5\0\0\1\0\0\0\0\0\0", 10)));
    // On loopback, whatever is asked for. 0: it closes instead.
    std::uint16_t target = 0;
    // Says nothing at all.
    bool is_silent = false;
  };

  explicit SocksServer(Script script) : x_script(std::move(script)) {
    x_listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    REQUIRE(::bind(x_listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(x_listening, 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(x_listening, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    x_port = ntohs(address.sin_port);
    REQUIRE(::pipe(x_stop.data()) == 0);
    x_thread = std::thread([this] { run(); });
  }
  SocksServer(const SocksServer&) = delete;
  SocksServer& operator=(const SocksServer&) = delete;
  ~SocksServer() {
    ::close(x_stop[1]);
    x_thread.join();
    ::close(x_stop[0]);
    ::close(x_listening);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return x_port; }
  // What was asked for, each as it came.
  [[nodiscard]] std::vector<Bytes> requests() {
    const std::lock_guard lock(x_mutex);
    return x_requests;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  // True if there is something to read; false if the server is to stop.
  bool wait(int socket) const {
    std::array<pollfd, 2> polled{{{x_stop[0], POLLIN, 0}, {socket, POLLIN, 0}}};
    return ::poll(polled.data(), polled.size(), -1) > 0 && polled[0].revents == 0;
  }
  // Fewer if the other side closes.
  Bytes take(int socket, std::size_t size) const {
    Bytes bytes(size);
    std::size_t done = 0;
    while (done < size && wait(socket)) {
      const ssize_t count = ::recv(socket, bytes.data() + done, size - done, 0);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
  }
  static void give(int socket, ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void run() {
    while (wait(x_listening)) {
      const int socket = ::accept(x_listening, nullptr, nullptr);
      if (socket < 0) return;
      serve(socket);
      // What was not read yet would end the connection otherwise than by closing it.
      ::shutdown(socket, SHUT_WR);
      while (!take(socket, 1).empty()) {
      }
      ::close(socket);
    }
  }

  void serve(int socket) {
    if (x_script.is_silent) {
      while (!take(socket, 1).empty()) {
      }
      return;
    }
    if (take(socket, 3).size() != 3) return;
    give(socket, x_script.method);
    if (x_script.method != Script{}.method) return;
    Bytes request = take(socket, 5);
    if (request.size() != 5) return;
    const auto type = std::to_integer<int>(request[3]);
    const std::size_t more = type == 1   ? 5
                             : type == 4 ? 17
                                         : std::to_integer<std::size_t>(request[4]) + 2;
    append(request, take(socket, more));
    {
      const std::lock_guard lock(x_mutex);
      x_requests.push_back(std::move(request));
    }
    give(socket, x_script.reply);
    if (x_script.target != 0) relay(socket);
  }

  void relay(int socket) const {
    const int target = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(x_script.target);
    if (::connect(target, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      Bytes buffer(65'536);
      bool open = true;
      while (open) {
        std::array<pollfd, 3> polled{
            {{x_stop[0], POLLIN, 0}, {socket, POLLIN, 0}, {target, POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), -1) <= 0 || polled[0].revents != 0) break;
        for (const std::size_t i : {1, 2}) {
          if (polled.at(i).revents == 0) continue;
          const ssize_t count = ::recv(polled.at(i).fd, buffer.data(), buffer.size(), 0);
          open = open && count > 0;
          if (count > 0) {
            give(polled.at(3 - i).fd, ByteView(buffer).first(static_cast<std::size_t>(count)));
          }
        }
      }
    }
    ::close(target);
  }

  Script x_script;
  int x_listening = -1;
  std::uint16_t x_port = 0;
  std::array<int, 2> x_stop{-1, -1};
  std::mutex x_mutex;
  std::vector<Bytes> x_requests;
  std::thread x_thread;
};

}  // namespace muniment::sync::test
