// A tlog-proof read back, as a program that knows only C2SP's formats reads it.
#pragma once

#include <doctest/doctest.h>

#include "vault/base/decimal.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/ledger/tlog_proof.hpp"

namespace muniment::test {

inline TlogProof read_tlog_proof(const std::string& text) {
  TlogProof proof;
  const std::size_t blank = text.find("\n\n");
  REQUIRE(blank != std::string::npos);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < blank;) {
    const std::size_t end = std::min(text.find('\n', at), blank);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  REQUIRE(lines.size() >= 2);
  CHECK(lines[0] == "c2sp.org/tlog-proof@v1");
  REQUIRE(lines[1].starts_with("index "));
  proof.index = from_decimal(lines[1].substr(6)).value();
  for (std::size_t i = 2; i < lines.size(); ++i) {
    proof.hashes.push_back(Sha256Digest::from_bytes(from_base64(lines[i]).value()).value());
  }
  proof.checkpoint = decode_signed_note(text.substr(blank + 2)).value();
  return proof;
}

// That `leaf` stands where the proof says.
inline bool proves(const TlogProof& proof, std::string_view leaf) {
  const auto head = decode_checkpoint(proof.checkpoint.text);
  return head && verify_inclusion({head->size, head->root}, proof.index, leaf_hash(as_bytes(leaf)),
                                  proof.hashes);
}

}  // namespace muniment::test
