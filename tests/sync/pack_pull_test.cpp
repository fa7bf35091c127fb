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

  // All tiles that there are to ask now.
  std::vector<PackPull::Ask> tiles(std::size_t party = 0) {
    std::vector<PackPull::Ask> asks = all(party);
    REQUIRE(std::ranges::all_of(asks, &PackPull::Ask::tile));
    return asks;
  }
  // Until the peer is asked for nothing more.
  void fetch_all(std::size_t party = 0) {
    while (const auto ask = next(party)) static_cast<void>(answer(*ask, party));
  }
  // Of the packs that party 0 has.
  [[nodiscard]] std::size_t missing() {
    return static_cast<std::size_t>(std::ranges::count_if(names, [&](const PackName& name) {
      return !circle[1].replica.whole_packs().contains(name.pack);
    }));
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

TEST_CASE("pack pull: tiles are asked for before shards, so many ahead, and wait for room") {
  Puller puller(2 * limits::tiles_ahead_max);
  for (const PackPull::Ask& ask : puller.tiles()) {
    REQUIRE(puller.answer(ask) == PackPull::Verdict::taken);
  }
  CHECK(puller.pull.in_progress() == limits::packs_in_progress_max);
  CHECK(puller.pull.tiles_ahead() == limits::tiles_ahead_max - limits::packs_in_progress_max);
  // As many more as were begun.
  std::vector<PackPull::Ask> asks = puller.all();
  for (std::size_t i = 0; i < asks.size(); ++i) {
    CHECK(asks[i].tile == (i < limits::packs_in_progress_max));
  }
  while (!puller.pull.idle()) {
    REQUIRE_FALSE(asks.empty());
    for (const PackPull::Ask& ask : asks) {
      static_cast<void>(puller.answer(ask));
      CHECK(puller.pull.in_progress() <= limits::packs_in_progress_max);
      CHECK(puller.pull.tiles_ahead() <= limits::tiles_ahead_max);
    }
    asks = puller.all();
  }
}

TEST_CASE("pack pull: who answers nothing keeps no other peer waiting") {
  Puller puller(limits::tiles_ahead_max + 8, 3);
  REQUIRE(puller.all(2).size() == limits::tiles_ahead_max);
  puller.fetch_all();
  CHECK(puller.missing() == limits::tiles_ahead_max);
  // It still owes these answers, and is asked for no more.
  puller.circle.now += limits::stale_ask_time;
  CHECK(puller.all(2).empty());
  puller.fetch_all();
  CHECK(puller.pull.idle());
}

TEST_CASE("pack pull: who gives tiles and no shards takes one place in the end") {
  constexpr std::size_t packs = 2 * limits::packs_in_progress_max;
  Puller puller(packs, 3);
  const std::vector<PackPull::Ask> shown = puller.tiles(2);
  for (std::size_t i = 0; i < packs; ++i) static_cast<void>(puller.answer(shown[i], 2));
  REQUIRE_FALSE(puller.all(2).empty());
  // It lists many more, which nobody else has.
  const PackPull::MayHave all = [](const CollectionId&) { return true; };
  for (std::size_t i = 0; i < packs; ++i) puller.circle[2].write_pack(puller.circle.files);
  puller.circle[1].replica.copy_ledger(puller.circle[2].replica,
                                       {puller.circle.files, puller.circle[2].device()});
  puller.pull.look_again();
  for (const PackPull::Ask& ask : puller.tiles(2)) static_cast<void>(puller.answer(ask, 2));
  puller.circle.now += limits::stale_ask_time;
  // Either comes to its turn.
  while (const auto ask = puller.next()) {
    if (std::ranges::find(puller.names, ask->pack.name()) == puller.names.end()) {
      puller.pull.refused(puller.peer(), *ask, puller.circle.now);
    } else {
      static_cast<void>(puller.answer(*ask));
    }
    static_cast<void>(puller.pull.next(puller.peer(2), all, puller.circle.now));
  }
  CHECK(puller.missing() == 0);
  CHECK(puller.pull.in_progress() <= 1);
}

TEST_CASE("pack pull: a pack of which all shards are refused makes room at once") {
  Puller puller(limits::packs_in_progress_max + 1, 3);
  for (const PackPull::Ask& ask : puller.tiles(2)) static_cast<void>(puller.answer(ask, 2));
  REQUIRE(puller.pull.in_progress() == limits::packs_in_progress_max);
  for (const PackPull::Ask& ask : puller.all(2)) {
    puller.pull.refused(puller.peer(2), ask, puller.circle.now);
  }
  CHECK(puller.pull.in_progress() == 0);
  puller.fetch_all();
  CHECK(puller.missing() == 1);
  // Of the last one the other has shown the tile, and is left some time for the rest.
  puller.circle.now += limits::stale_ask_time;
  puller.fetch_all();
  CHECK(puller.pull.idle());
}

TEST_CASE("pack pull: a pack is not put aside while a slow peer comes to it in its turn") {
  Puller puller(limits::tiles_ahead_max);
  for (const PackPull::Ask& ask : puller.tiles()) static_cast<void>(puller.answer(ask));
  for (const PackPull::Ask& ask : puller.all()) {
    // Those that are finished make room.
    static_cast<void>(puller.all());
    puller.circle.now += limits::stale_ask_time - std::chrono::seconds(1);
    const std::uint64_t before = puller.circle[1].replica.written_bytes;
    static_cast<void>(puller.answer(ask));
    CHECK(puller.circle[1].replica.written_bytes > before);
  }
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
