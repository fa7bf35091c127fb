// What a replica would answer to GET_COLLECTIONS and GET_HEADS, kept until something changes.
#pragma once

#include <map>

#include "sync/protocol/ledgers.hpp"

namespace muniment::sync {

class HeadsIndex {
 public:
  // `ledgers` must outlive it.
  explicit HeadsIndex(const Ledgers& ledgers) : x_ledgers(ledgers) {}

  // Valid until the next call of changed().
  [[nodiscard]] const Heads& heads(const CollectionId& collection);
  // What verifies the checkpoints of a ledger; empty while the device's certificate is not held.
  [[nodiscard]] std::optional<NoteKeys> keys_of(const LedgerRef& ledger);

  // Of the collections that `peer` and this device may both have.
  [[nodiscard]] Collections collections_for(const DeviceId& peer);

  [[nodiscard]] SignatureMemo& memo() noexcept { return x_memo; }

  // Grows with every change; what was computed at an earlier number may be old.
  [[nodiscard]] std::uint64_t revision() const noexcept { return x_revision; }
  // Something in a ledger of the collection changed. Since keys and grants stand in the built-in
  // one, everything is computed anew after a change there.
  void changed(const CollectionId& collection);

 private:
  struct Known {
    Heads heads;
    Sha256Digest digest;
  };

  [[nodiscard]] const Known& known(const CollectionId& collection);
  [[nodiscard]] Heads compute(const CollectionId& collection);

  const Ledgers& x_ledgers;
  SignatureMemo x_memo;
  std::map<CollectionId, Known> x_known;
  std::uint64_t x_revision = 1;
};

}  // namespace muniment::sync
