// Makes the file of a pack from a draft. Needs no secret: whoever holds the epoch's public key
// fills packs that it cannot open again.
#pragma once

#include "vault/base/page_bytes.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/crypto/random.hpp"
#include "vault/pack/draft.hpp"

namespace muniment {

struct SealedPack {
  PackId id;
  PackForm form;
  PackHead head;
  PackTable table;
  PageBytes file;  // body and tile, as stored under pack_key(id)
};

// Seals the draft, which must not be empty, then opens the result again and compares every frame
// with the draft: Error(io) if this machine's memory or processor did not keep them. Error(damaged)
// if `epoch` is not a valid public key. `buffer` is memory to reuse for the file. Thread-safe.
[[nodiscard]] SealedPack seal_pack(const PackDraft& draft, const EpochPublicKey& epoch,
                                   Random& random, PageBytes buffer = {});

}  // namespace muniment
