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

  // How long it takes from now until a peer is asked for something.
  Instant waits(std::size_t party = 0) {
    const Instant begin = circle.now;
    while (true) {
      const auto ask = next(party);
      if (ask) {
        pull.postponed(peer(party), *ask);
        return circle.now - begin;
      }
      circle.now += std::chrono::seconds(1);
    }
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

TEST_CASE("pack pull: who refused a pack is asked again, each time after twice as long") {
  Puller puller(1);
  Instant pause = limits::absent_time_min;
  for (int i = 0; i < 10; ++i) {
    const auto ask = puller.next();
    REQUIRE(ask);
    puller.pull.refused(puller.peer(), *ask, puller.circle.now);
    CHECK(puller.waits() == pause);
    pause = std::min<Instant>(2 * pause, limits::absent_time_max);
  }
  // Its heads changed.
  puller.pull.refused(puller.peer(), *puller.next(), puller.circle.now);
  puller.pull.look_again_at(puller.peer());
  CHECK(puller.waits() == Instant{});
}

TEST_CASE("pack pull: who has got a pack that it had refused is soon asked for the others") {
  Puller puller(2);
  const auto first = puller.next();
  const auto second = puller.next();
  REQUIRE((first && second));
  puller.pull.refused(puller.peer(), *first, puller.circle.now);
  for (int i = 0; i < 5; ++i) {
    puller.pull.refused(puller.peer(), *second, puller.circle.now);
    puller.circle.now += limits::absent_time_max;
  }
  puller.pull.refused(puller.peer(), *second, puller.circle.now);
  REQUIRE(puller.answer(*first) == PackPull::Verdict::taken);
  for (const PackPull::Ask& ask : puller.all()) {
    REQUIRE(ask.pack == first->pack);
    static_cast<void>(puller.answer(ask));
  }
  CHECK(puller.waits() == limits::absent_time_min);
}

TEST_CASE(
    "pack pull: who sent wrong shards is asked again after a long time, since disks are healed") {
  Puller puller(1);
  REQUIRE(puller.answer(*puller.next()) == PackPull::Verdict::taken);
  const std::vector<PackPull::Ask> asks = puller.all();
  const Bytes rotten(shard_bytes(size_class_min) * asks[0].count);
  REQUIRE(puller.pull.take_shards(puller.peer(), asks[0], rotten, puller.circle.now) ==
          PackPull::Verdict::bad_shards);
  puller.pull.look_again_at(puller.peer());
  CHECK(puller.waits() == limits::absent_time_max);
}

TEST_CASE("pack pull: who showed a pack and gave nothing of it is not asked again for its news") {
  Puller puller(1, 3);
  const std::uint8_t wrong = size_class_min + 1;
  puller.circle[2].write(puller.circle.files,
                         {"pack " + puller.names[0].pack.hex() + " " + std::to_string(wrong)});
  puller.circle[1].replica.copy_ledger(puller.circle[2].replica,
                                       {puller.circle.files, puller.circle[2].device()});
  puller.pull.look_again();
  const DeviceId& liar = puller.peer(2);
  puller.pull.refused(liar, *puller.next(2), puller.circle.now);
  const auto lie = puller.next(2);
  REQUIRE((lie && lie->tile && lie->pack.size_class == wrong));
  Tile tile = puller.circle.world.packs.at(lie->pack.pack).tile;
  tile.size_class = wrong;
  REQUIRE(puller.pull.take_tile(liar, *lie, tile, puller.circle.now) == PackPull::Verdict::taken);
  for (const PackPull::Ask& ask : puller.all(2)) {
    puller.pull.refused(liar, ask, puller.circle.now);
  }
  puller.pull.look_again_at(liar);
  puller.circle.now += limits::stale_ask_time;
  const auto next = puller.next(2);
  REQUIRE(next);
  CHECK(next->pack.size_class == size_class_min);
}

}  // namespace muniment::sync
