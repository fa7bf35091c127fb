// The condition of every pack that the ledgers list.
#pragma once

#include <map>

#include "vault/pack/heal.hpp"
#include "vault/snapshot/check.hpp"

namespace muniment {

struct ListedPack {
  PackClass size_class = PackClass::mib16;
  EpochCommitment epoch;
};

using ListedPacks = std::map<PackId, ListedPack>;

// What ledgers list, gathered from verified ones.
void add_listed_packs(const Ledger& ledger, ListedPacks& packs);

struct PackDamage {
  PackId pack;
  std::string cause;
  bool healable = false;
  Bytes healed;  // the whole file as it was, if healable and asked for
};

[[nodiscard]] Damage describe(const PackDamage& damage);

// How far a pack is looked into.
struct PackCheckOptions {
  VerifyDepth depth = VerifyDepth::presence;
  const AccessMap* access = nullptr;  // for VerifyDepth::deep
};

// Checks packs on as many threads as the machine has; `found` is called for each damaged one, one
// call at a time, in no particular order. Returns how many bytes were read.
std::uint64_t check_packs(const PackStore& store, const ListedPacks& packs,
                          const PackCheckOptions& options,
                          const std::function<void(PackDamage)>& found, Activity& activity);

}  // namespace muniment
