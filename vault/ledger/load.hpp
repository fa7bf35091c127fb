// How a ledger is found among its two copies: which records are whole, how far the commits go,
// whether the newest checkpoint is over just these entries and signed; and what each copy lacks.
#pragma once

#include "vault/ledger/ledger.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment {

struct LoadedLedger {
  Ledger ledger;
  std::uint64_t end = 0;  // of what is committed, in the files
  CopySet sources;        // the copies that, together, have all of it
  CopySet unlike;  // the copies that do not have just this, be it damage or an unfinished append
};

enum class LoadDepth {
  quick,        // the second copy is only read if something is wrong with the first, or their sizes
                // differ
  both_copies,  // both are read whole
};

// Contract and errors are those of Ledger::find.
[[nodiscard]] std::optional<LoadedLedger> load_ledger(FileSystem& files,
                                                      const Ledger::Path& ledgers,
                                                      const LedgerName& name,
                                                      const VerifyKey<LogPurpose>& log,
                                                      LoadDepth depth);

// Makes the copies that are unlike what was loaded like it, and syncs them. The caller holds the
// vault's lock.
void heal_copies(FileSystem& files, const Ledger::Path& ledgers, const LoadedLedger& loaded);

[[nodiscard]] TailCopies find_copies(FileSystem& files, const Ledger::Path& ledgers,
                                     const LedgerId& ledger);

// "ledger 3f9a…", for messages.
[[nodiscard]] std::string ledger_label(const LedgerId& ledger);

}  // namespace muniment
