// What sync needs of a replica's ledgers and of the rights that follow from them. A vault stands
// behind it in munimentd, a map in the simulation.
#pragma once

#include "sync/protocol/checkpoint_note.hpp"
#include "sync/protocol/message.hpp"

namespace muniment::sync {

struct HeldLedger {
  TreeHead tree;  // not empty
  SignedNote note;
};

// Used by one thread. What does not return a value throws Error(io) if it cannot make its change
// durable; then nothing changed.
class Ledgers {
 public:
  virtual ~Ledgers() = default;

  [[nodiscard]] virtual const ConsortiumId& consortium() const = 0;
  [[nodiscard]] virtual const DeviceId& device() const = 0;  // our own

  // Whether the device is active and, but for the built-in collection, holds a grant of this one.
  [[nodiscard]] virtual bool may_have(const DeviceId& device,
                                      const CollectionId& collection) const = 0;
  // Whether both the device and this one may have it: what is spoken of between them.
  [[nodiscard]] bool may_share(const DeviceId& peer, const CollectionId& collection) const {
    return may_have(peer, collection) && may_have(device(), collection);
  }
  // All collections that are known, ascending; the built-in one is the first.
  [[nodiscard]] virtual std::vector<CollectionId> collections() const = 0;

  // The devices of which a ledger of this collection is held, ascending.
  [[nodiscard]] virtual std::vector<DeviceId> writers(const CollectionId& collection) const = 0;
  // Empty if none is held.
  [[nodiscard]] virtual std::optional<HeldLedger> find(const LedgerRef& ledger) const = 0;
  // Of ledgers that are held; `size` and `index` are within.
  [[nodiscard]] virtual Sha256Digest root_at(const LedgerRef& ledger, std::uint64_t size) const = 0;
  [[nodiscard]] virtual MerkleProof prove(const LedgerRef& ledger, std::uint64_t from,
                                          std::uint64_t to) const = 0;
  [[nodiscard]] virtual std::string entry(const LedgerRef& ledger, std::uint64_t index) const = 0;
  // Empty tree if none is held.
  [[nodiscard]] virtual Frontier frontier(const LedgerRef& ledger) const = 0;

  // Under the ledger's origin as name. Empty while the device's certificate is not held.
  [[nodiscard]] virtual std::optional<NoteKey<LogPurpose>> log_key(
      const LedgerRef& ledger) const = 0;
  // The same for a ledger of the built-in collection that begins with `entries`, if they certify
  // its device and a member vouches for it.
  [[nodiscard]] virtual std::optional<NoteKey<LogPurpose>> vouched_key(
      const LedgerRef& ledger, std::span<const std::string> entries) const = 0;
  [[nodiscard]] virtual std::vector<NoteKey<WitnessPurpose>> witnesses() const = 0;

  // Whether a ledger may be taken of which nothing is held, and that begins with `entries`: if this
  // device may have its collection or holds a ledger of it; else if custodians grant it to this
  // device in these entries. For grants stand in the collections that they are of.
  [[nodiscard]] virtual bool admits(const LedgerRef& ledger,
                                    std::span<const std::string> entries) const = 0;

  // Adds entries that were proved, with the note of the checkpoint over all; makes the ledger if it
  // is none. If this device is a witness, its cosignature is durable with them.
  virtual void append(const LedgerRef& ledger, std::span<const std::string> entries,
                      const SignedNote& note) = 0;
  // Somebody has proved that our own ledger has a history that we do not hold: the notes of both
  // stand in `proof`.
  virtual void own_differs(const ForkProof& proof) = 0;
  // Replaces the note by one of the same text with more signatures; cosigns as above.
  virtual void replace_note(const LedgerRef& ledger, const SignedNote& note) = 0;

  // Ascending.
  [[nodiscard]] virtual std::vector<LedgerRef> forks() const = 0;
  [[nodiscard]] virtual std::optional<ForkProof> find_fork(const LedgerRef& ledger) const = 0;
  // Keeps a proof that was verified: the ledger is frozen from now on.
  virtual void keep_fork(const ForkProof& proof) = 0;
};

// What verifies the checkpoints of a ledger; empty while the device's certificate is not held.
// `memo` must outlive it.
[[nodiscard]] inline std::optional<NoteKeys> find_keys(const Ledgers& ledgers,
                                                       const LedgerRef& ledger,
                                                       SignatureMemo& memo) {
  auto log = ledgers.log_key(ledger);
  if (!log) return std::nullopt;
  return NoteKeys{std::move(*log), ledgers.witnesses(), memo};
}

}  // namespace muniment::sync
