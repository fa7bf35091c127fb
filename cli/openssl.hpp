// The program `openssl`, for signatures that it judges and not we: RFC 3161 time stamps.
#pragma once

#include "vault/base/ids.hpp"

namespace muniment {

// `openssl ts -verify`. Error(damaged) with its words if it does not accept that an authority whose
// certificate follows from the first of `certificates` (PEM), perhaps by way of others there,
// signed `reply` for `digest`; Error(io) if it cannot be run.
void check_timestamp(const Sha256Digest& digest, ByteView reply, ByteView certificates);

}  // namespace muniment
