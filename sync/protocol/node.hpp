// What all sessions of one replica share: its ledgers and packs, what is being fetched, and how
// peers have behaved. One thread.
#pragma once

#include "sync/protocol/heads_index.hpp"
#include "sync/protocol/ledger_pull.hpp"
#include "sync/protocol/listener.hpp"
#include "sync/protocol/pack_pull.hpp"
#include "vault/base/error.hpp"

namespace muniment::sync {

class Node {
 public:
  // All must outlive it.
  Node(Ledgers& ledgers, Packs& packs, Listener& listener);

  [[nodiscard]] Ledgers& ledgers() noexcept { return x_ledgers; }
  [[nodiscard]] const Ledgers& ledgers() const noexcept { return x_ledgers; }
  [[nodiscard]] Packs& packs() noexcept { return x_packs; }
  [[nodiscard]] Listener& listener() noexcept { return x_listener; }
  [[nodiscard]] HeadsIndex& heads() noexcept { return x_heads; }
  [[nodiscard]] PackPull& pack_pull() noexcept { return x_pack_pull; }
  [[nodiscard]] GrowthBudget& budget() noexcept { return x_budget; }

  // A ledger has changed: by a session, or because this device wrote to it.
  void changed(const LedgerRef& ledger);
  // Keeps a proof that was verified.
  void take_fork(const ForkProof& proof, const DeviceId& from);

  // One session at a time pulls a ledger; a claim that is not given back lapses.
  [[nodiscard]] bool claim(const LedgerRef& ledger, Instant now);
  void release(const LedgerRef& ledger);

  // Our own disk failed, or another program writes to the vault.
  void storage_failed(const Error& error, Instant now);
  [[nodiscard]] bool may_fetch(Instant now) const noexcept { return now >= x_paused_until; }
  [[nodiscard]] Instant paused_until() const noexcept { return x_paused_until; }

  // Conduct.
  void note_bad_pack(const DeviceId& peer, const PackName& pack);
  [[nodiscard]] bool is_quarantined(const DeviceId& peer) const;
  [[nodiscard]] bool allow_challenge(const DeviceId& peer, Instant now);

 private:
  struct Conduct {
    std::set<PackId> bad_packs;
    Instant challenges_since{};
    std::uint32_t challenges = 0;
  };

  Ledgers& x_ledgers;
  Packs& x_packs;
  Listener& x_listener;
  HeadsIndex x_heads;
  PackPull x_pack_pull;
  GrowthBudget x_budget;
  std::map<LedgerRef, Instant> x_claims;
  std::map<DeviceId, Conduct> x_conduct;
  Instant x_paused_until{};
  Instant x_pause{};  // the last one
};

}  // namespace muniment::sync
