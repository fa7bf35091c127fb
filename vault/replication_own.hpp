// What a Replication holds; private to its own files.
#pragma once

#include "vault/cosigner.hpp"
#include "vault/held_access_logs.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

// What tells that somebody else wrote: bytes of each ledger's tail, the fork proofs, and which
// packs were found damaged.
struct OnDisk {
  std::map<LedgerId, std::uint64_t> tails;
  std::vector<std::string> forks;
  std::set<PackId> damaged;

  friend bool operator==(const OnDisk&, const OnDisk&) = default;
};

struct Replication::Own {
  Own(std::optional<ServiceKeys> given, Vault::State& vault)
      : opened(std::move(given)),
        keys(opened ? *opened : vault.unlocked().service),
        cosigner(vault, keys),
        access(vault),
        partial(vault.environment.files, vault.directory / "tmp"),
        store(vault.environment.files, vault.directory, DirectoryStore::Access::read) {}

  std::optional<ServiceKeys> opened;  // by this object; else the vault has them
  const ServiceKeys& keys;
  Cosigner cosigner;
  HeldAccessLogs access;
  PartialPacks partial;
  DirectoryStore store;
  std::set<PackListing> listed;
  std::set<PackListing> missing;  // of these
  std::set<PackId> stored;
  std::set<PackId> damaged;  // of these
  // What the file of damaged packs does not say yet: whether they are.
  std::map<PackId, bool> damage_news;
  std::map<LedgerId, std::vector<PackId>> order;
  std::map<LedgerId, ForkEntry> forks;
  UnixSeconds alive_until = 0;  // as a witness it has signed something in time
  OnDisk seen;
};

}  // namespace muniment
