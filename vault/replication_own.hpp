// What a Replication holds; private to its own files.
#pragma once

#include "vault/cosigner.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

// What tells that somebody else wrote: bytes of each ledger's tail, and the fork proofs.
struct OnDisk {
  std::map<LedgerId, std::uint64_t> tails;
  std::vector<std::string> forks;

  friend bool operator==(const OnDisk&, const OnDisk&) = default;
};

struct Replication::Own {
  Own(std::optional<ServiceKeys> given, Vault::State& vault)
      : opened(std::move(given)),
        keys(opened ? *opened : vault.unlocked().service),
        cosigner(vault, keys),
        partial(vault.environment.files, vault.directory / "tmp"),
        store(vault.environment.files, vault.directory, DirectoryStore::Access::read) {}

  std::optional<ServiceKeys> opened;  // by this object; else the vault has them
  const ServiceKeys& keys;
  Cosigner cosigner;
  PartialPacks partial;
  DirectoryStore store;
  std::set<std::pair<CollectionId, PackId>> listed;
  std::set<MissingPack> missing;
  std::set<PackId> stored;
  std::map<LedgerId, ForkEntry> forks;
  OnDisk seen;
};

}  // namespace muniment
