// What is written more than once in a ledger, compared: the two copies of its records, and the
// tiles and entry bundles that are views of them.
#pragma once

#include "vault/ledger/ledger.hpp"

namespace muniment {

// Everything that is not as it should be in a ledger that opens; repair_ledger mends all of it.
// Needs no lock: what a writer is just adding is no damage. Throws what Ledger::find throws.
[[nodiscard]] std::vector<LedgerDamage> check_ledger(FileSystem& files, const Ledger::Path& ledgers,
                                                     const LedgerName& name,
                                                     const VerifyKey<LogPurpose>& log);

// Mends what check_ledger finds, and says what that was. The caller holds the vault's lock.
[[nodiscard]] std::vector<LedgerDamage> repair_ledger(FileSystem& files,
                                                      const Ledger::Path& ledgers,
                                                      const LedgerName& name,
                                                      const VerifyKey<LogPurpose>& log);

}  // namespace muniment
