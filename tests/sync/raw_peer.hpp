// The other end of a connection, driven by hand and blocking: it does what no honest program would.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sync/protocol/message.hpp"
#include "sync/transport/tls.hpp"
#include "vault/base/assert.hpp"

namespace muniment::sync::test {

class RawPeer {
 public:
  // Connected, and silent.
  explicit RawPeer(std::uint16_t port, int receive_buffer = 0)
      : x_socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    REQUIRE(x_socket >= 0);
    if (receive_buffer > 0) {
      ::setsockopt(x_socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(x_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  ~RawPeer() { close(); }

  // True if the other side was satisfied, as far as can be told from here.
  bool shake_hands(SSL_CTX& context) {
    x_ssl.reset(SSL_new(&context));
    SSL_set_fd(x_ssl.get(), x_socket);
    return SSL_connect(x_ssl.get()) == 1;
  }
  void send(ByteView bytes) { REQUIRE(try_send(bytes)); }
  void say(const Message& message, std::uint32_t number) {
    Bytes bytes;
    encode_frame(message, number, bytes);
    send(bytes);
  }
  // False if the other side is gone before it has all.
  bool try_send(ByteView bytes) {
    while (!bytes.empty()) {
      std::size_t count = 0;  // of one record, as the context has it
      if (SSL_write_ex(x_ssl.get(), bytes.data(), bytes.size(), &count) != 1) return false;
      bytes = bytes.subspan(count);
    }
    return true;
  }
  // The type of the next frame.
  MessageType hear() {
    const auto header = decode_frame_header(take(frame_header_bytes));
    REQUIRE(std::holds_alternative<FrameHeader>(header));
    take(std::get<FrameHeader>(header).body_bytes);
    return static_cast<MessageType>(std::get<FrameHeader>(header).type);
  }
  // What comes next, at least one byte, or nothing if the other side has closed.
  Bytes hear_some() {
    Bytes buffer(limits::read_bytes);
    std::size_t count = 0;
    if (SSL_read_ex(x_ssl.get(), buffer.data(), buffer.size(), &count) != 1) count = 0;
    buffer.resize(count);
    return buffer;
  }
  // All that comes until the other side closes.
  Bytes hear_all() {
    Bytes all;
    while (true) {
      const Bytes bytes = hear_some();
      if (bytes.empty()) return all;
      append(all, bytes);
    }
  }
  // Whether the other side has closed a connection on which there was no TLS yet.
  bool is_closed() {
    char byte = 0;
    return ::recv(x_socket, &byte, 1, 0) <= 0;
  }
  [[nodiscard]] int descriptor() const noexcept { return x_socket; }
  void close() {
    if (x_socket >= 0) ::close(std::exchange(x_socket, -1));
  }

 private:
  Bytes take(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t done = 0, count = 0; done < size; done += count) {
      REQUIRE(SSL_read_ex(x_ssl.get(), bytes.data() + done, size - done, &count) == 1);
    }
    return bytes;
  }

  int x_socket;
  Handle<SSL, SSL_free> x_ssl;
};

// The code of the BYE that `bytes`, whole frames, end with.
inline std::optional<CloseCode> last_bye(ByteView bytes) {
  FrameSplitter splitter;
  std::optional<CloseCode> code;
  while (!bytes.empty()) {
    const auto frame = splitter.next(bytes);
    if (!std::holds_alternative<Frame>(frame)) return std::nullopt;
    const auto message = decode(std::get<Frame>(frame));
    if (!message) return std::nullopt;
    const auto* bye = std::get_if<Bye>(&*message);
    code = bye == nullptr ? std::nullopt : std::optional(static_cast<CloseCode>(bye->code));
  }
  return code;
}

}  // namespace muniment::sync::test
