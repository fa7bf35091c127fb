// C2SP tlog-proof: that something stands in a log, as a text that is checked without the log.
#pragma once

#include "vault/merkle/proof.hpp"
#include "vault/note/signed_note.hpp"

namespace muniment {

struct TlogProof {
  std::uint64_t index = 0;
  MerkleProof hashes;
  SignedNote checkpoint;  // of the tree that they lead to, with whatever cosignatures it has
};

// What is usually kept in a file `.tlog-proof`; has no `extra` line.
[[nodiscard]] std::string encode(const TlogProof& proof);

}  // namespace muniment
