// The part of an entry that only the collection's readers can open. It is bound to the act and the
// ledger in which it stands, so that it opens nowhere else.
#pragma once

#include "vault/crypto/keys.hpp"
#include "vault/crypto/sealed_box.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/ledger/name.hpp"

namespace muniment {

[[nodiscard]] Bytes seal_part(const EpochPublicKey& epoch, const LedgerName& ledger, Act act,
                              std::string_view text, Random& random);

// Empty if any byte, the key, the act or the ledger differs.
[[nodiscard]] std::optional<std::string> open_part(const EpochSecretKey& epoch,
                                                   const LedgerName& ledger, Act act,
                                                   ByteView sealed);

}  // namespace muniment
