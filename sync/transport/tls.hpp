// TLS as PROTOCOL.md §1 wants it: 1.3 and nothing older, each side known by its Ed25519 key alone.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "vault/base/handle.hpp"
#include "vault/replication.hpp"

namespace muniment::sync {

namespace asio = boost::asio;

// Who began the connection.
enum class Role { dials, answers };

// What this device shows of itself, for any number of connections in any threads.
class TlsIdentity {
 public:
  // Makes the self-signed certificate: always the same one of a key. Error(io) if OpenSSL cannot.
  explicit TlsIdentity(const TransportKey& key);

  [[nodiscard]] SSL_CTX& context() const noexcept { return *x_context; }

 private:
  Handle<SSL_CTX, SSL_CTX_free> x_context;
};

// A connected socket with TLS on it. Everything is called on the socket's strand; one read and one
// write may be under way at a time. Errors are Error(io) with a cause; after one, and after close,
// nothing comes any more. Takes no time of its own: whoever waits sets a deadline that calls close.
// OpenSSL writes to the descriptor without asking for no SIGPIPE: threads that call this block it.
class TlsStream {
 public:
  TlsStream(asio::ip::tcp::socket socket, const TlsIdentity& identity, Role role);

  // Returns when each side has proved that it has the key that it shows.
  [[nodiscard]] asio::awaitable<void> shake_hands();
  // Whose it is; empty if the peer shows something else than an Ed25519 key. After shake_hands.
  [[nodiscard]] std::optional<VerifyKey<TransportPurpose>> peer_key() const;

  // As much as there is, but at least one byte; 0 if the peer has said that it is done.
  [[nodiscard]] asio::awaitable<std::size_t> read_some(MutableByteView target);
  // Returns when the system has taken all of it.
  [[nodiscard]] asio::awaitable<void> write(ByteView bytes);
  // Says that nothing follows, and does not wait for the peer to say so.
  void finish() noexcept;
  // Ends everything that is under way. The descriptor lives as long as this object, so that nothing
  // can be read from another connection that was given its number.
  void close() noexcept;

 private:
  // What OpenSSL waits for, right after its call; throws if it is not waiting but failed.
  [[nodiscard]] asio::ip::tcp::socket::wait_type needed(int ssl_result, const char* action) const;
  [[nodiscard]] asio::awaitable<void> wait(asio::ip::tcp::socket::wait_type kind);
  void require_open() const;

  asio::ip::tcp::socket x_socket;
  Handle<SSL, SSL_free> x_ssl;
  BIO* x_output = nullptr;  // x_ssl's; gathers records
  bool x_closed = false;
};

}  // namespace muniment::sync
