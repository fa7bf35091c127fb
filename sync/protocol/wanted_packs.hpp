// Which packs are wanted, and which peers are known not to have them.
#pragma once

#include <functional>
#include <map>
#include <ranges>

#include "sync/protocol/packs.hpp"

namespace muniment::sync {

// One of the ways in which a pack is wanted: how a ledger lists it.
class WantedWay {
 public:
  [[nodiscard]] bool can_ask(const DeviceId& peer, Instant now) const;

  // It has it not, or not yet: it is asked again after a while, each time after twice as long.
  void refused(const DeviceId& peer, Instant now);
  // It said that it has it, and gave nothing, or wrong shards: not before a long time, whatever it
  // says. Its disk may rot, and be healed.
  void failed(const DeviceId& peer, Instant now);
  // It is not asked again.
  void has_other_size(const DeviceId& peer);

  // Of a peer that only refused. What it refused it may have by now; or not before a little while.
  void forget_refusal(const DeviceId& peer);
  void shorten_refusal(const DeviceId& peer, Instant now);
  [[nodiscard]] bool was_refused(const DeviceId& peer) const;

  std::optional<DeviceId> tile_asked;
  Instant tile_asked_since{};
  bool is_false = false;  // shards of another size were proved

 private:
  struct Absence {
    Instant until{};
    Instant pause{};  // 0 if there is more against it than a refusal
  };

  std::map<DeviceId, Absence> x_absences;
};

class WantedPacks {
 public:
  using Ways = std::map<WantedPack, WantedWay>;

  // `packs` must outlive it.
  explicit WantedPacks(Packs& packs) : x_packs(packs) {}

  // More may be wanted now.
  void look_again() noexcept { x_look = true; }
  // Takes in what is wanted, up to limits::wanted_packs_max. If they are so many that none of the
  // others comes to be asked for, they make room, but for those that `is_begun` names.
  void load(Instant now, const std::function<bool(const PackId&)>& is_begun);

  [[nodiscard]] Ways& all() noexcept { return x_ways; }
  [[nodiscard]] bool empty() const noexcept { return x_ways.empty(); }
  // Null if it is not wanted so, or no more.
  [[nodiscard]] WantedWay* find(const WantedPack& as);
  // All in which this pack is wanted.
  [[nodiscard]] std::ranges::subrange<Ways::iterator> ways(const PackId& pack);
  void erase(const PackId& pack);

  // The peer has news: it may have any that it refused.
  void look_again_at(const DeviceId& peer);
  // The peer has this one. If it had refused it, then others come to it, too, and it is asked for
  // them again soon.
  void has_got(const DeviceId& peer, WantedWay& way, Instant now);

 private:
  Packs& x_packs;
  Ways x_ways;
  WantedPack x_after;
  bool x_look = true;
  Instant x_looked{};
};

}  // namespace muniment::sync
