// What all sessions of one replica share: its ledgers and packs, what is being fetched, and how
// peers have behaved. One thread.
#pragma once

#include "sync/protocol/copies.hpp"
#include "sync/protocol/heads_index.hpp"
#include "sync/protocol/ledger_pull.hpp"
#include "sync/protocol/listener.hpp"
#include "sync/protocol/pack_pull.hpp"
#include "sync/protocol/throttle.hpp"
#include "vault/base/error.hpp"

namespace muniment::sync {

class Node {
 public:
  // All must outlive it.
  Node(Ledgers& ledgers, Packs& packs, Copies& copies, Listener& listener);

  [[nodiscard]] Ledgers& ledgers() noexcept { return x_ledgers; }
  [[nodiscard]] const Ledgers& ledgers() const noexcept { return x_ledgers; }
  [[nodiscard]] Packs& packs() noexcept { return x_packs; }
  [[nodiscard]] Copies& copies() noexcept { return x_copies; }
  [[nodiscard]] Listener& listener() noexcept { return x_listener; }
  [[nodiscard]] HeadsIndex& heads() noexcept { return x_heads; }
  [[nodiscard]] PackPull& pack_pull() noexcept { return x_pack_pull; }
  [[nodiscard]] GrowthBudget& budget() noexcept { return x_budget; }
  [[nodiscard]] Throttle& throttle() noexcept { return x_throttle; }
  void limit(ThrottleOptions options) { x_throttle = Throttle(std::move(options)); }

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
  // The same of an earlier process; nobody is told.
  void remember_bad_pack(const DeviceId& peer, const PackId& pack);
  [[nodiscard]] bool is_quarantined(const DeviceId& peer) const;
  [[nodiscard]] bool allow_challenge(const DeviceId& peer, Instant now);
  // Whether it is time to challenge the peer; then the next time is limits::challenge_interval
  // later.
  [[nodiscard]] bool take_challenge_turn(const DeviceId& peer, Instant now);

 private:
  struct Conduct {
    std::set<PackId> bad_packs;
    Instant challenges_since{};
    std::uint32_t challenges = 0;
    std::optional<Instant> challenged_at;  // by us
  };

  Ledgers& x_ledgers;
  Packs& x_packs;
  Copies& x_copies;
  Listener& x_listener;
  HeadsIndex x_heads;
  PackPull x_pack_pull;
  GrowthBudget x_budget;
  Throttle x_throttle;
  std::map<LedgerRef, Instant> x_claims;
  std::map<DeviceId, Conduct> x_conduct;
  Instant x_paused_until{};
  Instant x_pause{};  // the last one
};

}  // namespace muniment::sync
