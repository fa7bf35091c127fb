// Takes files in: one pass over their bytes, through a pipeline whose stages overlap and whose
// queues are bounded, so that memory does not depend on the corpus.
//
//   scan ─► batches ─► hash, deduplicate, compress ─► assemble packs ─► seal ─► write and sync
//   (1 thread)         (one a core)                   (1 thread)        (few)    (1 thread)
//
// The scan walks in path order, so the manifest comes out sorted and nothing has to be sorted at
// the end but the digests of the content tree. Nothing is visible before the ledger commit that
// ends it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vault/base/activity.hpp"
#include "vault/snapshot/about.hpp"
#include "vault/snapshot/entry.hpp"
#include "vault/snapshot/exclusion.hpp"

namespace muniment {

// Bytes that stand in no file yet: what another program writes into a pipe.
struct InputStream {
  int descriptor = -1;  // the caller's; read to its end
  std::string name;     // one component, under which they are stored
  ModificationTime time;
};

struct IngestOptions {
  bool times = true;      // record modification times
  bool estimate = false;  // count files and bytes beforehand, in parallel, for a progress bar
  int level = 2;          // zstd, 1 to 19
  // Read, hash and compress everything, and leave the vault as it is: see IngestReport.
  bool dry_run = false;
  About about;
  Exclusion exclusion;
  // Instead of paths. If it cannot be read to its end, nothing is committed.
  std::optional<InputStream> stream;
  unsigned threads = 0;  // 0: as many as the machine has
};

// After a dry run: what an ingest would report, without a snapshot and packs; bytes_stored is what
// the new chunks and the list of files take before they are sealed into packs. Packs that an
// interrupted ingest left count as not stored.
struct IngestReport {
  std::string snapshot;  // COLLECTION/NUMBER@DEVICE
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t links = 0;
  std::uint64_t bytes = 0;         // of all files
  std::uint64_t bytes_new = 0;     // of chunks that the vault did not hold yet
  std::uint64_t bytes_stored = 0;  // what the new packs take on disk
  std::uint64_t packs = 0;         // new ones
  std::uint64_t excluded = 0;      // as IngestOptions asked; a folder counts once
  std::uint64_t hard_links = 0;    // files that were one file on disk and are separate ones here

  // Files not in the snapshot, or not surely consistent: escaped path and why. Not empty means
  // exit 3.
  std::vector<std::string> skipped;  // FIFOs, sockets, devices, unreadable, vanished
  std::vector<std::string> changed;  // changed while they were read; stored as read
  // Paths that are one under Unicode normalisation (NFC) but not as bytes.
  std::vector<std::string> twins;

  [[nodiscard]] bool complete() const noexcept { return skipped.empty() && changed.empty(); }
};

}  // namespace muniment
