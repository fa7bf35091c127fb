// SLIP-39: a secret in shares of English words, any `threshold` of which give it back. Two levels:
// shares within groups, and groups. A strong checksum (RS1024) finds up to three wrong words of a
// share for certain. Source: SLIP-0039, github.com/satoshilabs/slips. Arithmetic on secrets runs in
// constant time.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "vault/crypto/secret.hpp"

namespace muniment {

struct Slip39Group {
  unsigned threshold = 1;  // shares of the group that are needed, 1..count
  unsigned count = 1;  // shares of the group that are made, 1..16; a threshold of 1 allows 1 only
};

struct Slip39Options {
  unsigned group_threshold = 1;
  std::vector<Slip39Group> groups = {{}};  // 1..16
  // 10,000 · 2^exponent rounds of PBKDF2, 0..15: slows down who guesses the passphrase, no more.
  unsigned iteration_exponent = 0;
};

enum class Slip39Refusal {
  word_unknown,      // not in the list of words
  length,            // no share, or no secret, has so many words
  checksum,          // a word is wrong or in the wrong place
  malformed,         // the checksum holds, but what it covers cannot be
  different_secret,  // of another split than the first share
  duplicate,         // the same share as another
  too_few_groups,    // shares of more groups are needed
  too_few_shares,    // more shares of a group are needed
  too_many,          // more than are needed: leave this one out
  digest,            // each share is whole, but they do not belong together: one was forged
};

// Why shares did not give a secret, so that the share at fault can be named.
struct Slip39Problem {
  Slip39Refusal reason = Slip39Refusal::malformed;
  std::optional<std::size_t> share =
      std::nullopt;  // which of the shares given, from 0, if it is one
  std::optional<std::size_t> word = std::nullopt;  // which word of it, from 0, if it is one
  std::size_t missing = 0;  // how many more groups, or shares of a group, are needed
};

// What is wrong, in lower case and without a full stop; names share and word counted from 1, no
// secret.
[[nodiscard]] std::string to_text(const Slip39Problem& problem);

// The shares as words parted by single spaces, per group. `secret` has an even number of
// bytes, 16..64; options out of their bounds are our bug.
[[nodiscard]] std::vector<std::vector<SecretBytes>> slip39_split(ByteView secret,
                                                                 ByteView passphrase,
                                                                 const Slip39Options& options,
                                                                 Random& random);

// The secret from exactly as many shares as are needed. Capitals and white space do not matter. A
// wrong passphrase gives another secret, not a refusal: that is SLIP-39's design.
[[nodiscard]] std::variant<SecretBytes, Slip39Problem> slip39_combine(
    std::span<const SecretBytes> shares, ByteView passphrase);

}  // namespace muniment
