// What goes to a member, and comes from one, in files: ledgers, cosignatures and packs. A further
// part of the facade, for where there is no network.
#pragma once

#include "vault/partners.hpp"

namespace muniment {

class Replication;

struct BundleOptions {
  std::uint64_t split_bytes = 0;             // no file is larger; 0: one file
  std::vector<std::filesystem::path> since;  // files of earlier bundles, whose packs are left out
};

struct BundleReport {
  std::vector<std::filesystem::path> files;
  std::uint64_t bytes = 0;
  std::uint64_t packs = 0;
  std::uint64_t left_out = 0;  // since an earlier bundle had them
  std::uint64_t absent = 0;    // packs that are not here either
  // Packs that are damaged here beyond healing: zeros stand for them. A line each.
  std::vector<std::string> damage;
};

struct BundleImport {
  AcceptReport accepted;         // of the texts; its damage is not below
  std::uint64_t cosigned = 0;    // ledgers of others that this device vouches for since
  std::uint64_t signatures = 0;  // of witnesses that were not known here
  std::uint64_t packs = 0;       // that are here now
  std::uint64_t bytes = 0;
  std::uint64_t healed = 0;    // of them, by their parity
  std::uint64_t replaced = 0;  // of them, in place of ones that were damaged here
  std::uint64_t known = 0;     // that were here before
  std::uint64_t unlisted = 0;  // that no ledger here lists: of collections that are not granted
  std::uint64_t absent = 0;    // that ledgers list, and nobody brought yet
  // Packs and files that were left out, a line each.
  std::vector<std::string> damage;
};

// The vault must be unlocked.
class Bundles {
 public:
  // The vault must outlive it.
  explicit Bundles(Vault& vault) : x_vault(vault) {}

  // Everything that `member` may know and have, into the new file `path`, or with split_bytes into
  // `path`.1, `path`.2 and so on. Each file is a bundle of its own, with all of the text, and has
  // its name once it is whole and synced. Each pack is hashed before it is written. Error(exists)
  // if there is such a file; Error(usage) if split_bytes are too few for the text and one pack;
  // Error(damaged) if one of options.since is no bundle. If it throws, the files are gone again.
  [[nodiscard]] BundleReport write(const std::string& member, const std::filesystem::path& path,
                                   const BundleOptions& options, Activity& activity);

  // Takes in texts as Partners::accept does; then, unless it joined a consortium by them, signs as
  // a witness, and stores each pack that a ledger here lists and that is missing or known to be
  // damaged here, whose hash is right or can be made so. What is cut short or damaged is left out:
  // a pack, or of several files one whose head is. Error(damaged) if no head is whole. Can be done
  // again at any time.
  [[nodiscard]] BundleImport read(std::span<const std::filesystem::path> paths,
                                  const std::function<Credential()>& current, Activity& activity);

 private:
  void take_packs(std::span<const std::filesystem::path> paths, Replication& replication,
                  BundleImport& report, Activity& activity);
  // Whole packs that were proved; none of them is left in the map.
  void store(std::map<PackId, Bytes>& packs, Replication& replication, BundleImport& report,
             Activity& activity);

  Vault& x_vault;
};

}  // namespace muniment
