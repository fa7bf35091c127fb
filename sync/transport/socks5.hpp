// Asks a SOCKS5 proxy for a connection (RFC 1928), as a state machine without a socket: what is to
// be sent comes out, what the proxy says goes in. Without authentication.
//
// A host's name is passed on as it stands (ATYP 3) and never looked up here, so that nobody learns
// it but the proxy, and onion services can be reached; an IP address goes as such (ATYP 1, 4).
#pragma once

#include "sync/transport/address.hpp"
#include "vault/base/bytes.hpp"

namespace muniment::sync {

class Socks5 {
 public:
  explicit Socks5(Address target);

  // What is to be sent before more is read; empty if nothing is.
  [[nodiscard]] Bytes take_output();
  // How many bytes of the proxy's answer are to be read next, and no more: what follows its end is
  // the target's. 0 if there is a connection.
  [[nodiscard]] std::size_t wanted() const noexcept { return x_wanted; }
  // Takes just these. Error(io) says why there is no connection; nothing can be done after it.
  void take(ByteView bytes);

 private:
  // What comes next.
  enum class Stage { method, head, name_length, bound_address, connected };

  void expect(Stage stage, std::size_t bytes);
  void take_method(ByteView bytes);
  void take_head(ByteView bytes);

  Address x_target;
  Bytes x_output;
  Stage x_stage = Stage::method;
  std::size_t x_wanted = 0;
};

}  // namespace muniment::sync
