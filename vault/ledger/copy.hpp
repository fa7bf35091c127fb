// A whole ledger as it travels outside its files: in a backup, or in a text from partner to
// partner. A copy proves itself, since its checkpoint is signed and over just its entries.
#pragma once

#include <string>
#include <vector>

#include "vault/ledger/ledger.hpp"
#include "vault/note/record.hpp"

namespace muniment {

struct LedgerCopy {
  LedgerName name;
  std::vector<std::string> entries;  // at least one
  SignedNote checkpoint;             // over all of them
};

// A ledger's first commit, for a device that is not at liberty to write it to disk yet.
[[nodiscard]] LedgerCopy sign_first_commit(const LedgerName& name, std::vector<std::string> entries,
                                           const SigningKey<LogPurpose>& log);

// `ledger` is not empty.
[[nodiscard]] LedgerCopy copy_ledger(const Ledger& ledger);

// The lines `ledger <origin> <size>`, then `entry <base64>` for each, then `checkpoint <base64>`.
void write_ledger_copy(RecordWriter& record, const LedgerCopy& copy);
// Copies for as long as there are lines `ledger`; ascending by name, none twice.
[[nodiscard]] std::vector<LedgerCopy> read_ledger_copies(RecordReader& record);

// What `log` signed for the copy, with nothing added and nothing missing.
[[nodiscard]] bool is_authentic(const LedgerCopy& copy, const VerifyKey<LogPurpose>& log);

// Adds to the ledger on disk what the copy has more, or makes it; returns how many entries that
// were. Nothing happens if the disk has as much or more. The caller holds the vault's lock.
// Error(damaged) if the copy is not authentic, or if it and the ledger on disk are two histories:
// then their device signed a fork.
std::uint64_t merge_ledger(FileSystem& files, const Ledger::Path& ledgers, const LedgerCopy& copy,
                           const VerifyKey<LogPurpose>& log);

}  // namespace muniment
