// Runs an ingest from the user's folders to the ledger commit.
#pragma once

#include <filesystem>
#include <span>

#include "vault/audit/journal.hpp"
#include "vault/base/clock.hpp"
#include "vault/consortium/consortium.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/snapshot/chunk_reader.hpp"
#include "vault/snapshot/deposit_journal.hpp"
#include "vault/snapshot/ingest.hpp"
#include "vault/snapshot/pack_line.hpp"

namespace muniment {

// All of it must outlive the ingest, which holds the vault's lock throughout.
struct IngestContext {
  FileSystem& files;
  std::filesystem::path scratch;  // the vault's tmp/
  const Clock& clock;
  Random& random;
  PackStore& store;
  SharedCatalog& catalog;
  // Of the collection, or of a batch of its own if this device may only deposit.
  const IdKey& id_key;
  const ChunkerKey& chunker_key;
  const SeedKey& seed_key;
  // Of the epochs whose packs need not be stored again; none for a depositor.
  const EpochSecretKeys& epoch_secrets;
  const Epoch& epoch;  // to seal to
  // Null unless this is a deposit: then nothing is looked up in the catalog or written to it, no
  // pack is adopted, and the journal names each pack before it is in its place.
  std::shared_ptr<const Batch> batch;
  DepositJournal* journal = nullptr;
  // For the manifest of the snapshot before; null for a deposit, which reads none.
  std::shared_ptr<AccessPermit> permit = nullptr;
  std::uint32_t charter = 0;
  LedgerWriter& ledger;  // of this device and collection
  const SigningKey<LogPurpose>& log_key;
};

// Returns with report.snapshot left empty: the caller knows the names. If it throws, nothing was
// committed, and the packs that were written wait for the next ingest to adopt them; those of a
// deposit are for the caller to remove, with the journal.
struct IngestResult {
  IngestReport report;
  std::uint64_t number = 0;  // of the snapshot in its ledger
};
[[nodiscard]] IngestResult run_ingest(const IngestContext& context,
                                      std::span<const std::filesystem::path> paths,
                                      const IngestOptions& options, Activity& activity);

}  // namespace muniment
