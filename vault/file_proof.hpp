// The texts of a proof that one file was in a snapshot, which is checked without the vault. Pure.
// Layout: FORMAT.md, "A proof of a file".
#pragma once

#include <set>

#include "vault/consortium/certificate.hpp"
#include "vault/ledger/name.hpp"
#include "vault/ledger/tlog_proof.hpp"
#include "vault/snapshot/disclosure.hpp"

namespace muniment {

// The files of a proof's folder.
namespace file_proof {
inline constexpr const char* readme = "README.txt";
inline constexpr const char* fields = "file.txt";
inline constexpr const char* leaf = "snapshot.tlog-proof";
inline constexpr const char* entry = "snapshot.txt";
inline constexpr const char* entry_place = "ledger.tlog-proof";
inline constexpr const char* identities = "who.txt";
// Then anchor-<n>.txt and anchor-<n>.tlog-proof, from 1 on.
inline constexpr std::size_t anchors_max = 3;
}  // namespace file_proof

// Of hidden fields, which are named by their labels, only the digest.
[[nodiscard]] std::string encode_proof_fields(std::span<const DisclosureField> fields,
                                              const std::set<std::string>& hidden);

// The head of a snapshot's content tree as a note. No key signs it: in a signature's place stands
// a digest of note and ledger entry, and the root stands in that entry.
[[nodiscard]] SignedNote content_note(const LedgerName& ledger, std::uint64_t snapshot,
                                      const TreeHead& tree, const Sha256Digest& entry_leaf);

// Who vouches for the keys that signed.
struct ProofIdentities {
  std::vector<CharterEntry> charters;  // from number 1 on; what they seal is left out
  std::vector<DeviceEntry> devices;    // the ledger's, then the witnesses'; likewise
  CharterNames names;                  // of members, as far as they shall be told
};

[[nodiscard]] std::string encode(const ProofIdentities& identities);

// What is in the folder and how it is checked, for people. No part of what is proved.
[[nodiscard]] std::string proof_readme(const std::set<std::string>& hidden, std::size_t anchors);

}  // namespace muniment
