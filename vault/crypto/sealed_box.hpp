// A small secret sealed to an X-Wing public key: the sealed part of a ledger entry, for whoever
// holds the key's secret half. The writer need not be able to open it again. Layout: FORMAT.md §2.
#pragma once

#include "vault/crypto/kem.hpp"
#include "vault/crypto/random.hpp"

namespace muniment {

namespace detail {
[[nodiscard]] Bytes seal_box(ByteView public_key, ByteView context, ByteView plaintext,
                             Random& random);
[[nodiscard]] std::optional<Bytes> open_box(ByteView seed, ByteView context, ByteView sealed);
}  // namespace detail

// `context` is the first line and place of what the box stands in; a box moved elsewhere does not
// open. The result is 1136 bytes longer than the plaintext padded to a multiple of 256.
// Error(damaged) if the recipient is not an X-Wing key.
template <class Purpose>
[[nodiscard]] Bytes seal_box(const KemPublicKey<Purpose>& recipient, ByteView context,
                             ByteView plaintext, Random& random) {
  return detail::seal_box(recipient.view(), context, plaintext, random);
}

// Empty if any byte of box, key or context differs.
template <class Purpose>
[[nodiscard]] std::optional<Bytes> open_box(const KemSecretKey<Purpose>& secret, ByteView context,
                                            ByteView sealed) {
  return detail::open_box(secret.view(), context, sealed);
}

}  // namespace muniment
