// Anchoring in time: what is asked of time stamp authorities and OpenTimestamps calendars, and what
// they answered. A further part of the facade; needs no key.
#pragma once

#include <functional>

#include "vault/vault.hpp"

namespace muniment {

struct AnchorRequest {
  std::string ledger;         // what it is called
  std::uint64_t entries = 0;  // in the checkpoint that is to be anchored
  // A file for each: the text, which is what the digest is of, `.checkpoint`; the query for a time
  // stamp authority, `.tsq`; the beginning of an OpenTimestamps file, `.ots`.
  std::vector<std::filesystem::path> files;
};

struct AnchorImport {
  std::vector<Anchored> anchored;  // what the replies say
  std::uint64_t known = 0;         // replies that are kept already
};

// Throws Error(damaged) unless an authority signed `reply` for this digest, with a certificate that
// follows from the first of `certificates` (PEM).
using TimestampCheck =
    std::function<void(const Sha256Digest& digest, ByteView reply, ByteView certificates)>;

class Anchors {
 public:
  // The vault must outlive it.
  explicit Anchors(Vault& vault) : x_vault(vault) {}

  // Writes requests for the newest checkpoint of each ledger of this device, or with `all` of every
  // device's, to `directory`, which is made if it is absent. Those that are answered already are
  // left out. The vault remembers the checkpoints. Error(exists) if a file is there already.
  [[nodiscard]] std::vector<AnchorRequest> request(const std::filesystem::path& directory, bool all,
                                                   const Activity& activity);

  // Keeps replies to requests of this vault with their ledgers: DER of an RFC 3161 response, which
  // `check` has to accept with the certificates in the file `authority`; or an OpenTimestamps file,
  // of which only the form is checked. All of them, or none. Error(usage) if there is a response
  // and `authority` is empty; Error(not_found) for a reply to nothing that was asked here;
  // Error(damaged) for what is neither.
  [[nodiscard]] AnchorImport import(std::span<const std::filesystem::path> replies,
                                    const std::filesystem::path& authority,
                                    const TimestampCheck& check, const Activity& activity);

 private:
  Vault& x_vault;
};

}  // namespace muniment
