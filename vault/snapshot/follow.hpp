// Brings the catalog up to the ledgers: the last step of every commit, and the first after opening.
#pragma once

#include "vault/ledger/ledger.hpp"
#include "vault/snapshot/access.hpp"
#include "vault/snapshot/chunk_reader.hpp"
#include "vault/snapshot/verify.hpp"

namespace muniment {

struct FollowContext {
  std::span<const Ledger* const> ledgers;
  const AccessMap& access;
  const PackStore& store;
  Catalog& catalog;
};

// The ledgers that no longer begin with what the catalog was made from: an older state was put
// back, or they were replaced or removed. That is never the catalog's fault, which only follows.
[[nodiscard]] std::vector<Damage> find_rewritten_ledgers(const FollowContext& context);

// Replays what the ledgers have past the catalog's heads, and a collection's from the beginning if
// there is a key of it that was not there before; then opens the tables of packs that are
// listed but not indexed yet. Packs that are missing or damaged stay unread; reading from them will
// say so. Needs that none was rewritten and the vault's lock. `activity` counts packs.
void follow_ledgers(const FollowContext& context, Activity& activity);

}  // namespace muniment
