// OpenTimestamps files: a digest, and operations that lead from it to what a calendar has promised
// or a Bitcoin block holds. Layout: FORMAT.md §7.
#pragma once

#include <string>
#include <vector>

#include "vault/base/ids.hpp"

namespace muniment {

struct OtsAttestation {
  enum class Kind {
    bitcoin,  // stands in a block, as far as somebody compares it with the block
    pending,  // a calendar will say more
    unknown,  // of a kind that this version does not know
  };

  Kind kind = Kind::unknown;
  std::uint64_t block = 0;  // of `bitcoin`: its height
  Sha256Digest
      merkle_root;  // of `bitcoin`: the root that this block has to have, in the header's order
  std::string calendar;  // of `pending`: where

  friend bool operator==(const OtsAttestation&, const OtsAttestation&) = default;
};

struct OtsFile {
  Sha256Digest digest;
  std::vector<OtsAttestation> attestations;  // at least one

  // Whether one of them is a Bitcoin block.
  [[nodiscard]] bool names_block() const noexcept;
};

inline constexpr std::size_t ots_bytes_max = std::size_t{64} << 10U;

// What every file of this digest begins with, and nothing else: a calendar's answer to the digest
// makes a whole file of it.
[[nodiscard]] Bytes ots_head(const Sha256Digest& digest);

// True if `file` is or begins an OpenTimestamps file, whole or not.
[[nodiscard]] bool is_ots(ByteView file) noexcept;

// Empty unless `file` is whole, within the limits of FORMAT.md, and of operations that calendars
// use: append, prepend and SHA-256.
[[nodiscard]] std::optional<OtsFile> decode_ots(ByteView file);

}  // namespace muniment
