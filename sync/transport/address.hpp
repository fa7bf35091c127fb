// What kind of host an address has, and so who has to be asked for it.
#pragma once

#include "vault/base/address.hpp"

namespace muniment::sync {

// Whether the host is an IP address, which nobody has to be asked for.
[[nodiscard]] bool is_ip(const Address& address);
// Whether the host is the name of an onion service (RFC 7686), which must never be asked of a name
// server.
[[nodiscard]] bool is_onion(const Address& address);

}  // namespace muniment::sync
