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
  // Which of equivalent encryptions is used: 10,000 · 2^exponent rounds of PBKDF2, 0..15. It slows
  // down the guessing of a passphrase and nothing else.
  unsigned iteration_exponent = 0;
};

enum class Slip39Refusal {
  word_unknown,      // not in the list of words
  length,            // no share has so many words
  checksum,          // a word is wrong or in the wrong place
  malformed,         // the checksum holds, but the content cannot be
  different_secret,  // of another split than the first share
  duplicate,         // the same share as another
  too_few,           // more shares of a group, or more groups, are needed
  too_many,  // shares of more groups, or more shares of a group, than are needed: leave some out
  digest,    // the shares do not belong together
};

// Why shares did not give a secret, so that the share at fault can be named.
struct Slip39Problem {
  Slip39Refusal reason = Slip39Refusal::malformed;
  std::optional<std::size_t> share;  // which of the shares given, from 0, if it is one
  std::optional<std::size_t> word;   // which word of it, from 0, if it is one
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
