#include "sync/protocol/pack_pull.hpp"

#include <doctest/doctest.h>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::TruePack;

// What party 1 of a circle asks for, and the true answers, without sessions and bytes between.
struct Puller {
  explicit Puller(std::size_t packs, std::size_t parties = 2) : circle(parties) {
    for (std::size_t i = 0; i < packs; ++i) names.push_back(circle[0].write_pack(circle.files));
    learn();
  }

  void learn() {
    circle[1].replica.copy_ledger(circle[0].replica, {circle.files, circle[0].device()});
    pull.look_again();
  }

  [[nodiscard]] const DeviceId& peer(std::size_t party = 0) { return circle[party].device(); }
  std::optional<PackPull::Ask> next(std::size_t party = 0) {
    return pull.next(peer(party), [](const CollectionId&) { return true; }, circle.now);
  }
  // All that there is to ask now.
  std::vector<PackPull::Ask> all(std::size_t party = 0) {
    std::vector<PackPull::Ask> asks;
    while (const auto ask = next(party)) asks.push_back(*ask);
    return asks;
  }

  PackPull::Verdict answer(const PackPull::Ask& ask, std::size_t party = 0) {
    const TruePack& pack = circle.world.packs.at(ask.pack.pack);
    if (ask.tile) return pull.take_tile(peer(party), ask, pack.tile, circle.now);
    const std::size_t size = shard_bytes(ask.pack.size_class);
    const ByteView shards = ByteView(*pack.body).subspan(ask.first * size, ask.count * size);
    return pull.take_shards(peer(party), ask, shards, circle.now);
  }

  Circle circle;
  std::vector<PackName> names;
  PackPull pull{circle[1].replica, circle[1].device()};
};

}  // namespace

TEST_CASE(
    "pack pull: the next pack's tile is asked for before the shards of those that are begun") {
  Puller puller(limits::packs_in_progress_max + 1);
  for (std::size_t i = 0; i < limits::packs_in_progress_max; ++i) {
    const auto ask = puller.next();
    REQUIRE(ask);
    REQUIRE(ask->tile);
    REQUIRE(puller.answer(*ask) == PackPull::Verdict::taken);
  }
  auto ask = puller.next();
  while (ask && !ask->tile && puller.answer(*ask) == PackPull::Verdict::taken) ask = puller.next();
  REQUIRE(puller.pull.in_progress() == limits::packs_in_progress_max - 1);
  ask = puller.next();
  REQUIRE(ask);
  CHECK(ask->tile);
}

}  // namespace muniment::sync
