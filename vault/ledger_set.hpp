// All ledgers of a vault, verified.
#pragma once

#include <map>

#include "vault/consortium/consortium.hpp"
#include "vault/ledger/ledger.hpp"
#include "vault/snapshot/check.hpp"

namespace muniment {

struct LedgerSet {
  std::vector<Ledger> ledgers;
  // Those that are there, whether or not they could be opened.
  std::vector<CheckedLedger> known;
  // Why a ledger is not among `ledgers`, or what is wrong with one of its copies: one line each.
  std::vector<std::string> warnings;
  // What stands in the vault's ledgers/ and cannot be opened at all.
  std::vector<Damage> damage;

  [[nodiscard]] std::vector<const Ledger*> pointers() const;
};

// Opens every ledger of `consortium` in `directory`. A damaged one is a warning, and what it says
// is missing.
[[nodiscard]] LedgerSet load_ledgers(FileSystem& files, const std::filesystem::path& directory,
                                     const ConsortiumId& consortium);

// Drops the ledgers of devices that no member of the consortium vouches for, as damage: whoever can
// write to the disk could have put them there.
void drop_uncertified(LedgerSet& set, const Consortium& consortium);

}  // namespace muniment
