// One share of SLIP-39 and its words: 10 bits a word, most significant first.
//
//   15 identifier | 1 extendable | 4 iteration exponent | 4 group index | 4 group threshold - 1
//   4 group count - 1 | 4 member index | 4 member threshold - 1 | value, after zeros that make its
//   length a multiple of 10 | 30 checksum
#pragma once

#include "vault/keyring/slip39.hpp"

namespace muniment {

struct Slip39Share {
  std::uint16_t identifier = 0;  // 15 bits, the same for all shares of one split
  // The identifier does not take part in the encryption, so that one secret can be split again
  // without being encrypted in another way.
  bool extendable = true;
  unsigned iteration_exponent = 0;
  unsigned group_index = 0;
  unsigned group_threshold = 1;
  unsigned group_count = 1;
  unsigned member_index = 0;
  unsigned member_threshold = 1;
  SecretBytes value;
};

inline constexpr std::size_t slip39_value_bytes_min = 16;
inline constexpr std::size_t slip39_value_bytes_max = 64;

// The words, parted by single spaces.
[[nodiscard]] SecretBytes encode_slip39_share(const Slip39Share& share);

// Strict but for capitals and white space. A problem names the word, never the share.
[[nodiscard]] std::variant<Slip39Share, Slip39Problem> decode_slip39_share(ByteView text);

}  // namespace muniment
