// Runs an ingest from the user's folders to the ledger commit.
#pragma once

#include <filesystem>
#include <span>

#include "vault/base/clock.hpp"
#include "vault/consortium/keys.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/snapshot/chunk_reader.hpp"
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
  const CollectionKeys& keys;
  const EpochSecretKeys& epoch_secrets;
  const Epoch& epoch;  // to seal to; `keys` has its key
  std::uint32_t charter = 0;
  LedgerWriter& ledger;  // of this device and collection
  const SigningKey<LogPurpose>& log_key;
};

// Returns with report.snapshot left empty: the caller knows the names. If it throws, nothing was
// committed, and the packs that were written wait for the next ingest to adopt them.
struct IngestResult {
  IngestReport report;
  std::uint64_t number = 0;  // of the snapshot in its ledger
};
[[nodiscard]] IngestResult run_ingest(const IngestContext& context,
                                      std::span<const std::filesystem::path> paths,
                                      const IngestOptions& options, Activity& activity);

}  // namespace muniment
