// Who has shown that it could produce what.
#include "sync/protocol/copies.hpp"

#include <doctest/doctest.h>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::Connection;
using test::Stranger;

// What the session asks of a peer that knows nothing new, with its number.
std::pair<Challenge, std::uint32_t> challenge_to(Stranger& stranger) {
  while (true) {
    const auto all = stranger.hear();
    REQUIRE_FALSE(all.empty());
    for (const auto& heard : all) {
      if (const auto* asked = std::get_if<Challenge>(&heard.message)) return {*asked, heard.number};
      if (std::holds_alternative<GetCollections>(heard.message)) {
        stranger.say(Collections{}, heard.number);
      }
      if (std::holds_alternative<Ping>(heard.message)) stranger.say(Pong{}, heard.number);
    }
  }
}

}  // namespace

TEST_CASE("copies: a peer that holds a pack shows it, by itself and later again") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Connection connection(circle, 0, 1);
  connection.run();
  // The first was asked before it had it.
  CHECK(circle[0].replica.shown.empty());
  connection.run(61);
  CHECK(circle[0].replica.shown == std::set{std::pair(circle[1].device(), pack.pack)});
  CHECK(circle[1].replica.shown == std::set{std::pair(circle[0].device(), pack.pack)});
  // Until it is asked for again, which is for the replica to say.
  const std::size_t answers = circle[0].log.possessions.size();
  connection.run(61);
  CHECK(circle[0].log.possessions.size() == answers);
}

TEST_CASE("copies: nobody is asked more often than it would answer") {
  Circle circle;
  for (int i = 0; i < 3; ++i) circle[0].write_pack(circle.files);
  Connection connection(circle, 0, 1);
  for (int minute = 0; minute < 61; ++minute) {
    connection.run(60);
    // As if it had rotted again and again.
    circle[0].replica.shown.clear();
  }
  CHECK(circle[0].log.possessions.size() <= 3 * limits::challenge_messages_per_hour_max);
  CHECK(circle[0].log.possessions.size() >= 3 * 55);
}

TEST_CASE("copies: who says that it has what it has not is not believed") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Stranger liar(circle, 1);
  liar.say_hello();
  liar.say(Summary{circle.world.random.fixed<Sha256Digest>()}, 0);
  const auto [first, number] = challenge_to(liar);
  REQUIRE(first.shards.size() == 1);
  CHECK(first.shards[0].pack == pack);
  // The shard's hash stands in the tile; that is not enough to answer.
  const std::uint8_t shard = first.shards[0].shard;
  const Possession made_up{first.nonce, circle[0].device(), circle[1].device(), pack.pack, shard};
  const test::TruePack& truth = circle.world.packs.at(pack.pack);
  liar.say(Proofs{{possession_proof(made_up, truth.tile.hashes[shard].view())}}, number);
  REQUIRE(circle[0].log.possessions.size() == 1);
  CHECK_FALSE(circle[0].log.possessions[0].proven);
  CHECK(circle[0].replica.shown.empty());
  CHECK(liar.session.open());
  // What is true, said for another nonce, is not enough either.
  circle.now += limits::challenge_interval;
  liar.session.tick(circle.now);
  const auto [second, next_number] = challenge_to(liar);
  CHECK(second.nonce != first.nonce);
  const std::uint8_t other = second.shards[0].shard;
  const Possession old{first.nonce, circle[0].device(), circle[1].device(), pack.pack, other};
  const std::size_t size = shard_bytes(truth.tile.size_class);
  const ByteView bytes = ByteView(*truth.body).subspan(other * size, size);
  liar.say(Proofs{{possession_proof(old, bytes)}}, next_number);
  REQUIRE(circle[0].log.possessions.size() == 2);
  CHECK(circle[0].replica.shown.empty());
}

TEST_CASE("copies: who asks and has rotted itself blames nobody, and is healed") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Connection connection(circle, 0, 1);
  connection.run(61);
  REQUIRE_FALSE(circle[0].replica.shown.empty());
  circle[0].log.possessions.clear();
  circle[0].replica.shown.clear();
  for (std::size_t i = 0; i < shards_in_pack; ++i) {
    circle[0].replica.rot(pack.pack, i * shard_bytes(20));
  }
  connection.run(61);
  CHECK(circle[0].log.possessions.empty());
  CHECK(circle[0].log.damaged == std::set{pack});
  CHECK(circle[0].replica.whole_packs().at(pack.pack).body ==
        *circle.world.packs.at(pack.pack).body);
  connection.run(61);
  CHECK(circle[0].replica.shown.size() == 1);
}

}  // namespace muniment::sync
