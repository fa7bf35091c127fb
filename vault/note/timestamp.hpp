// RFC 3161: what a time stamp authority is asked, and what its reply says. Whether the reply is the
// authority's, `openssl ts -verify` says; here it is only read. Layout: FORMAT.md §8.
#pragma once

#include <string>

#include "vault/base/clock.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

// DER of a TimeStampReq for a SHA-256 digest: no policy, no nonce, with the authority's
// certificate.
[[nodiscard]] Bytes timestamp_query(const Sha256Digest& digest);

struct TimestampReply {
  Sha256Digest digest;
  UnixSeconds time = 0;   // the second in which it existed already
  std::string authority;  // common name and organisation of the certificate that signed, as bytes;
                          // empty if it has neither, or the certificate is not in the reply

  friend bool operator==(const TimestampReply&, const TimestampReply&) = default;
};

inline constexpr std::size_t timestamp_bytes_max = std::size_t{64} << 10U;

// Empty unless `reply` is a whole TimeStampResp in DER that grants a time stamp of a SHA-256
// digest.
[[nodiscard]] std::optional<TimestampReply> decode_timestamp_reply(ByteView reply);

}  // namespace muniment
