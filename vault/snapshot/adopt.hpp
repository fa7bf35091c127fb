// Packs that an interrupted ingest left: what is in them need not be stored again.
#pragma once

#include "vault/snapshot/chunk_reader.hpp"

namespace muniment {

struct AdoptContext {
  PackStore& store;
  SharedCatalog& catalog;
  const EpochSecretKeys& epoch_secrets;
  const IdKey& id_key;
};

// Indexes every stored pack that the catalog does not know and that the keys open, but only after
// each of its frames was opened and each chunk hashed: nobody vouched for it. Others are left
// alone. Returns how many. The caller holds the vault's lock.
std::uint64_t adopt_packs(const AdoptContext& context, Activity& activity);

}  // namespace muniment
