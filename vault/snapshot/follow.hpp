// Brings the catalog up to the ledgers: the last step of every commit, and the first after opening.
#pragma once

#include "vault/ledger/ledger.hpp"
#include "vault/snapshot/access.hpp"
#include "vault/snapshot/chunk_reader.hpp"

namespace muniment {

struct FollowContext {
  std::span<const Ledger* const> ledgers;
  const AccessMap& access;
  const PackStore& store;
  Catalog& catalog;
};

// True if every ledger still begins with what the catalog was made from. If not, the ledger was put
// back or replaced, and the catalog has to be made anew.
[[nodiscard]] bool catalog_fits(const FollowContext& context);

// Replays what the ledgers have past the catalog's heads, then opens the tables of packs that are
// listed but not indexed yet. Packs that are missing or damaged stay unread; reading from them will
// say so. Needs catalog_fits() and the vault's lock. `activity` counts packs.
void follow_ledgers(const FollowContext& context, Activity& activity);

}  // namespace muniment
