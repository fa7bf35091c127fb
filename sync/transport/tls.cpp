#include "sync/transport/tls.hpp"

#include <openssl/err.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "vault/base/assert.hpp"

namespace muniment::sync {

namespace {

// The name of the protocol, as ALPN wants it: with its length in front.
constexpr std::string_view alpn = "\x0fmuniment-sync/1";
// A self-signed certificate with an Ed25519 key has 200 bytes.
constexpr long certificate_bytes_max = 8192;
// As much as one system call brings, and takes: eight records. A call for each costs a third of
// what a connection can carry.
constexpr std::size_t read_ahead_bytes = 131'072;
constexpr long write_buffer_bytes = 131'072;

[[noreturn]] void fail(const char* action) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  throw Error(ErrorCode::io, std::string("tls: ") + action + ": " +
                                 (reason != nullptr ? reason : "openssl does not say why"));
}

// The system's error, or none: then the peer is gone.
[[noreturn]] void fail_with(int error_number, const char* action) {
  if (error_number != 0) throw io_error("connection", action, error_number);
  throw Error(ErrorCode::io, "the peer closed the connection");
}

void require(bool done, const char* action) {
  if (!done) fail(action);
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, chosen_length, octets(alpn), static_cast<unsigned>(alpn.size()),
                            offered, offered_length);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Nothing in a certificate counts but its key, which is compared when the handshake has shown that
// the peer has it.
int take_any_certificate(X509_STORE_CTX*, void*) {
  return 1;
}

Handle<X509, X509_free> self_signed(EVP_PKEY* key) {
  Handle<X509, X509_free> certificate(X509_new());
  X509* const it = certificate.get();
  require(it != nullptr && X509_set_version(it, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(it), 1) == 1 &&
              ASN1_TIME_set_string_X509(X509_getm_notBefore(it), "700101000000Z") == 1 &&
              ASN1_TIME_set_string_X509(X509_getm_notAfter(it), "99991231235959Z") == 1 &&
              X509_set_pubkey(it, key) == 1 && X509_sign(it, key, nullptr) > 0,
          "make a certificate");
  return certificate;
}

}  // namespace

TlsIdentity::TlsIdentity(const TransportKey& key) : x_context(SSL_CTX_new(TLS_method())) {
  SSL_CTX* const context = x_context.get();
  require(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_ciphersuites(
                  context, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
              SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 &&
              SSL_CTX_set1_groups_list(context, "X25519") == 1,
          "choose TLS 1.3");
  const Handle<EVP_PKEY, EVP_PKEY_free> secret(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, c_bytes(key.view()), key.view().size()));
  require(secret != nullptr, "take the device's key");
  const auto certificate = self_signed(secret.get());
  require(SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, secret.get()) == 1,
          "use the device's key");

  // No tickets, no resumption, no early data.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // Where the stream ends does not matter: each unit states its length, and is hashed.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
  require(SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1,
          "turn resumption off");

  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, take_any_certificate, nullptr);
  SSL_CTX_set_max_cert_list(context, certificate_bytes_max);

  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // 0 if it was done, unlike all others.
  require(SSL_CTX_set_alpn_protos(context, octets(alpn), static_cast<unsigned>(alpn.size())) == 0,
          "name the protocol");

  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, read_ahead_bytes);
}

TlsStream::TlsStream(asio::ip::tcp::socket socket, const TlsIdentity& identity, Role role)
    : x_socket(std::move(socket)), x_ssl(SSL_new(&identity.context())) {
  require(x_ssl != nullptr, "begin");
  x_socket.native_non_blocking(true);
  x_socket.set_option(asio::ip::tcp::no_delay(true));
  Handle<BIO, BIO_free> input(BIO_new_socket(x_socket.native_handle(), BIO_NOCLOSE));
  Handle<BIO, BIO_free> output(BIO_new_socket(x_socket.native_handle(), BIO_NOCLOSE));
  Handle<BIO, BIO_free> gathering(BIO_new(BIO_f_buffer()));
  require(input != nullptr && output != nullptr && gathering != nullptr, "begin");
  x_output = BIO_push(gathering.release(), output.release());
  SSL_set_bio(x_ssl.get(), input.release(), x_output);
  if (role == Role::dials) {
    SSL_set_connect_state(x_ssl.get());
  } else {
    SSL_set_accept_state(x_ssl.get());
  }
}

asio::ip::tcp::socket::wait_type TlsStream::needed(int ssl_result, const char* action) const {
  const int error_number = errno;
  switch (SSL_get_error(x_ssl.get(), ssl_result)) {
    case SSL_ERROR_WANT_READ:
      return asio::ip::tcp::socket::wait_read;
    case SSL_ERROR_WANT_WRITE:
      return asio::ip::tcp::socket::wait_write;
    case SSL_ERROR_ZERO_RETURN:
      fail_with(0, action);
    case SSL_ERROR_SYSCALL:
      fail_with(error_number, action);
    default:
      fail(action);
  }
}

asio::awaitable<void> TlsStream::wait(asio::ip::tcp::socket::wait_type kind) {
  require_open();
  const auto [error] = co_await x_socket.async_wait(kind, asio::as_tuple(asio::use_awaitable));
  require_open();
  if (error) throw Error(ErrorCode::io, "connection: wait: " + error.message());
}

void TlsStream::require_open() const {
  if (x_closed) throw Error(ErrorCode::io, "the connection was given up");
}

asio::awaitable<void> TlsStream::shake_hands() {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(x_ssl.get());
    if (result == 1) break;
    co_await wait(needed(result, "handshake"));
  }
  require(BIO_set_write_buffer_size(x_output, write_buffer_bytes) == 1, "make room");
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(x_ssl.get(), &chosen, &length);
  if (length != alpn.size() - 1 || !std::equal(chosen, chosen + length, octets(alpn) + 1)) {
    throw Error(ErrorCode::io, "the peer speaks another protocol");
  }
}

std::optional<VerifyKey<TransportPurpose>> TlsStream::peer_key() const {
  const X509* certificate = SSL_get0_peer_certificate(x_ssl.get());
  const EVP_PKEY* key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  VerifyKey<TransportPurpose> result;
  std::size_t length = result.size;
  if (EVP_PKEY_get_raw_public_key(key, c_bytes(result.mutable_view()), &length) != 1 ||
      length != result.size) {
    return std::nullopt;
  }
  return result;
}

asio::awaitable<std::size_t> TlsStream::read_some(MutableByteView target) {
  while (true) {
    std::size_t total = 0;
    int result = 1;
    while (result == 1 && total < target.size() && !x_closed) {
      std::size_t count = 0;
      ERR_clear_error();
      errno = 0;
      result = SSL_read_ex(x_ssl.get(), target.data() + total, target.size() - total, &count);
      total += count;
    }
    // What else is the matter is said again by the next call.
    if (total > 0) co_return total;
    require_open();
    if (SSL_get_error(x_ssl.get(), result) == SSL_ERROR_ZERO_RETURN) co_return 0;
    co_await wait(needed(result, "read"));
  }
}

asio::awaitable<void> TlsStream::write(ByteView bytes) {
  while (!bytes.empty()) {
    require_open();
    std::size_t count = 0;
    ERR_clear_error();
    errno = 0;
    const int result = SSL_write_ex(x_ssl.get(), bytes.data(), bytes.size(), &count);
    if (result == 1) {
      bytes = bytes.subspan(count);
    } else {
      co_await wait(needed(result, "write"));
    }
  }
  while (true) {
    require_open();
    errno = 0;
    if (BIO_flush(x_output) == 1) co_return;
    if (!BIO_should_retry(x_output)) fail_with(errno, "write");
    co_await wait(asio::ip::tcp::socket::wait_write);
  }
}

void TlsStream::finish() noexcept {
  if (x_closed) return;
  ERR_clear_error();
  SSL_shutdown(x_ssl.get());
  boost::system::error_code ignored;
  x_socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void TlsStream::close() noexcept {
  if (std::exchange(x_closed, true)) return;
  boost::system::error_code ignored;
  x_socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  x_socket.cancel(ignored);
}

}  // namespace muniment::sync
