// The end of the ingest pipeline: frames go in, durable packs that the catalog can find come out.
//
//   add() ─► draft ─► seal (threads) ─► write, sync in groups, index (thread)
//
// Drafts and file buffers are a fixed number and go round, which bounds the memory.
#pragma once

#include <atomic>

#include "vault/base/queue.hpp"
#include "vault/pack/seal.hpp"
#include "vault/snapshot/chunk_intake.hpp"
#include "vault/snapshot/deposit_journal.hpp"
#include "vault/snapshot/stages.hpp"

namespace muniment {

// What a writer of packs needs; all of it must outlive the line.
struct PackLineContext {
  PackStore& store;
  SharedCatalog& catalog;
  KnownChunks& known;
  Random& random;
  EpochCommitment epoch;
  EpochPublicKey epoch_public_key;
  Suite suite = Suite::aegis256;
  bool weigh_only = false;  // seal and write nothing, only count
  // Of a deposit: its packs are not indexed, since nobody here can open them; else null.
  std::shared_ptr<const Batch> batch{};
  DepositJournal* journal = nullptr;
};

class PackLine {
 public:
  PackLine(const PackLineContext& context, unsigned sealers);

  // Starts the sealing and writing threads.
  void start(Stages& stages);
  // Wakes every thread that waits; what was not written is lost.
  void cancel();

  // One thread. Waits while all drafts are full. False if the line was cancelled.
  bool add(const NewChunk& chunk);
  // Seals what is left in the smallest class that holds it, and lets the threads end once all is
  // durable.
  void finish();

  // What was added, before it is sealed.
  [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return x_payload_bytes; }

  // After the threads ended: the new packs, all of them durable and, but for a deposit's, indexed.
  [[nodiscard]] const std::vector<PackFacts>& packs() const noexcept { return x_packs; }

 private:
  bool send_draft();
  void seal_drafts();
  void write_packs();
  void flush(std::vector<PackIndex>& group);

  const PackLineContext& x_context;
  unsigned x_sealers;
  std::uint64_t x_payload_bytes = 0;
  std::optional<PackDraft> x_draft;
  BoundedQueue<PackDraft> x_free_drafts;
  BoundedQueue<PackDraft> x_full_drafts;
  BoundedQueue<PageBytes> x_free_files;
  BoundedQueue<SealedPack> x_sealed;
  std::atomic<unsigned> x_sealing;
  std::vector<PackFacts> x_packs;
};

}  // namespace muniment
