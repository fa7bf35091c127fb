#include "sync/protocol/wanted_packs.hpp"

namespace muniment::sync {

bool WantedWay::can_ask(const DeviceId& peer, Instant now) const {
  const auto absence = x_absences.find(peer);
  return !is_false && (absence == x_absences.end() || now >= absence->second.until);
}

void WantedWay::refused(const DeviceId& peer, Instant now) {
  Absence& absence = x_absences[peer];
  // Of one pack dozens of runs are asked for, and refused.
  if (now < absence.until) return;
  absence.pause =
      std::clamp<Instant>(2 * absence.pause, limits::absent_time_min, limits::absent_time_max);
  absence.until = now + absence.pause;
}

void WantedWay::failed(const DeviceId& peer, Instant now) {
  Absence& absence = x_absences[peer];
  absence = {std::max(absence.until, now + limits::absent_time_max), {}};
}

void WantedWay::has_other_size(const DeviceId& peer) {
  x_absences[peer] = {Instant::max(), {}};
}

bool WantedWay::was_refused(const DeviceId& peer) const {
  const auto absence = x_absences.find(peer);
  return absence != x_absences.end() && absence->second.pause > Instant{};
}

void WantedWay::forget_refusal(const DeviceId& peer) {
  if (was_refused(peer)) x_absences.erase(peer);
}

void WantedWay::shorten_refusal(const DeviceId& peer, Instant now) {
  if (!was_refused(peer)) return;
  Absence& absence = x_absences.at(peer);
  absence.pause = limits::absent_time_min;
  absence.until = std::min(absence.until, now + absence.pause);
}

void WantedPacks::load(Instant now, const std::function<bool(const PackId&)>& is_begun) {
  // A full table that nobody can serve makes room for the next packs.
  const bool full = x_ways.size() >= limits::wanted_packs_max;
  const bool stuck = full && now - x_looked >= limits::round_interval;
  if (!x_look && !stuck) return;
  if (full && !stuck) return;
  x_look = false;
  x_looked = now;
  if (stuck) {
    x_after = x_ways.rbegin()->first;
    std::erase_if(x_ways, [&](const auto& each) { return !is_begun(each.first.pack); });
  }
  for (int pass = 0; pass < 2; ++pass) {
    for (const WantedPack& pack : x_packs.wanted(x_after, limits::wanted_packs_max)) {
      x_ways.try_emplace(pack);
    }
    if (x_after == WantedPack{} || x_ways.size() >= limits::wanted_packs_max) break;
    x_after = WantedPack{};
  }
}

WantedWay* WantedPacks::find(const WantedPack& as) {
  const auto found = x_ways.find(as);
  return found == x_ways.end() ? nullptr : &found->second;
}

std::ranges::subrange<WantedPacks::Ways::iterator> WantedPacks::ways(const PackId& pack) {
  const auto begin = x_ways.lower_bound(WantedPack{pack, {}, 0});
  auto end = begin;
  while (end != x_ways.end() && end->first.pack == pack) ++end;
  return {begin, end};
}

void WantedPacks::erase(const PackId& pack) {
  const auto gone = ways(pack);
  x_ways.erase(gone.begin(), gone.end());
}

void WantedPacks::look_again_at(const DeviceId& peer) {
  for (auto& [as, way] : x_ways) way.forget_refusal(peer);
}

void WantedPacks::has_got(const DeviceId& peer, WantedWay& way, Instant now) {
  if (!way.was_refused(peer)) return;
  way.forget_refusal(peer);
  for (auto& [as, other] : x_ways) other.shorten_refusal(peer, now);
}

}  // namespace muniment::sync
