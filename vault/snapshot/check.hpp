// Verifies and repairs what is on disk. All of it works without a key, except that files can be
// named and frames opened only with one.
#pragma once

#include <map>
#include <span>

#include "vault/ledger/repair.hpp"
#include "vault/snapshot/access.hpp"
#include "vault/snapshot/chunk_reader.hpp"
#include "vault/snapshot/reader.hpp"
#include "vault/snapshot/verify.hpp"

namespace muniment {

struct CheckedLedger {
  LedgerName name;
  VerifyKey<LogPurpose> log;
};

struct CheckContext {
  FileSystem& files;
  std::filesystem::path ledger_directory;
  std::filesystem::path scratch;  // the vault's tmp/
  PackStore& store;
  std::span<const CheckedLedger> ledgers;
};

// A snapshot and what messages call it.
struct NamedSnapshot {
  std::string name;
  CatalogSnapshot facts;
};

struct CheckKeys {
  const AccessMap& access;
  SharedCatalog& catalog;
  std::span<const NamedSnapshot> snapshots;
  std::shared_ptr<AccessPermit> permit;
};

// `keys` may be null, but not for VerifyDepth::deep.
[[nodiscard]] VerifyReport verify(const CheckContext& context, const CheckKeys* keys,
                                  VerifyDepth depth, Activity& activity);

// Heals ledgers from their second copies and packs from their parity. The caller holds the vault's
// lock.
[[nodiscard]] RepairReport repair(const CheckContext& context, const CheckKeys* keys,
                                  Activity& activity);

}  // namespace muniment
