#include "vault/ledger/tlog_proof.hpp"

#include "vault/crypto/base64.hpp"

namespace muniment {

std::string encode(const TlogProof& proof) {
  std::string text = "c2sp.org/tlog-proof@v1\nindex " + std::to_string(proof.index) + '\n';
  for (const Sha256Digest& hash : proof.hashes) text += to_base64(hash.view()) + '\n';
  return text + '\n' + encode(proof.checkpoint);
}

}  // namespace muniment
