#include "sync/protocol/session.hpp"

#include <doctest/doctest.h>

#include "sync/protocol/fork.hpp"
#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::Connection;
using test::Replica;
using test::Stranger;

const CollectionId built_in{};

bool same_heads(Circle& circle, std::size_t a, std::size_t b) {
  return circle[a].node.heads().collections_for(circle[b].device()) ==
         circle[b].node.heads().collections_for(circle[a].device());
}

// A ledger of two entries that another device has seen, put back to the first of them.
LedgerRef put_back_to_one(Circle& circle) {
  const LedgerRef own{circle.files, circle[0].device()};
  circle[0].write(circle.files, {"one"});
  circle[0].write(circle.files, {"two"});
  Connection(circle, 0, 1).run();
  circle[0].replica.put_back(own, 1);
  return own;
}

}  // namespace

TEST_CASE("session: what one has and the other lacks is there afterwards, in both directions") {
  Circle circle;
  const PackName first = circle[0].write_pack(circle.files);
  const PackName second = circle[1].write_pack(circle.files);
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK(same_heads(circle, 0, 1));
  CHECK(circle[0].log.arrived == std::set{second});
  CHECK(circle[1].log.arrived == std::set{first});
  CHECK(circle[1].replica.whole_packs().at(first.pack).body ==
        *circle.world.packs.at(first.pack).body);
  CHECK(connection.first.settled());
  CHECK(connection.second.settled());
}

TEST_CASE("session: that nothing is new takes one announcement each way") {
  Circle circle;
  Connection(circle, 0, 1).run();
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK(connection.first.settled());
  // HELLO and SUMMARY.
  CHECK(connection.bytes == 2 * (12 + 64 + 12 + 32));
}

TEST_CASE("session: what is written while it is open travels") {
  Circle circle;
  Connection connection(circle, 0, 1);
  connection.run();
  const PackName pack = circle[0].write_pack(circle.files);
  connection.run();
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("session: a checkpoint that a witness took is cosigned, and the cosignature comes back") {
  Circle circle;
  circle[0].write(circle.files, {"note"});
  Connection(circle, 0, 1).run(40);
  const LedgerRef ledger{circle.files, circle[0].device()};
  const auto held = circle[0].replica.find(ledger);
  REQUIRE(held);
  const auto opened =
      open_cosigned(held->note, circle.world.log_key(ledger), circle[0].replica.witnesses());
  REQUIRE(opened);
  REQUIRE(opened->cosignatures.size() == 1);
  CHECK(opened->cosignatures[0].name == circle[1].device().hex());
  CHECK(same_heads(circle, 0, 1));
}

TEST_CASE("session: a device that joined is learnt of from its own ledger") {
  Circle other(3);
  Replica ignorant(other.world, 0);
  test::Log log;
  ignorant.copy_ledger(other[0].replica, {built_in, other[0].device()});
  ignorant.copy_ledger(other[1].replica, {built_in, other[1].device()});
  Node node(ignorant, ignorant, ignorant, log);
  Session first(node, other[1].device(), other.now);
  Session second(other[1].node, other[0].device(), other.now);
  for (int i = 0; i < 40; ++i) {
    first.receive(second.take_output(other.now), other.now);
    second.receive(first.take_output(other.now), other.now);
  }
  CHECK(ignorant.find({built_in, other[2].device()}));
}

TEST_CASE("session: nobody is told whether there is a collection that it may not have") {
  Circle circle;
  const auto secret = circle.world.random.fixed<CollectionId>();
  circle[0].write(built_in, {test::grant_entry(circle[0].device(), secret)});
  const PackName pack = circle[0].write_pack(secret);
  const auto nothing = circle.world.random.fixed<CollectionId>();
  Stranger stranger(circle, 1);
  stranger.say_hello();
  std::uint32_t number = 0;
  const auto answer = [&](const Message& message) {
    stranger.ask(message);
    const auto heard = stranger.answers(++number);
    REQUIRE(heard.size() == 1);
    Bytes frame = heard[0].frame;
    frame[4] = std::byte{0};  // its number
    return frame;
  };
  Bytes refused;
  encode_frame(Refused{}, 1, refused);
  refused[4] = std::byte{0};
  for (const CollectionId& collection : {secret, nothing}) {
    CHECK(answer(GetHeads{collection}) == refused);
    CHECK(answer(GetLedger{{collection, circle[0].device()}, {}}) == refused);
    CHECK(answer(GetTile{{collection, pack.pack}}) == refused);
    CHECK(answer(GetShards{{collection, pack.pack}, 0, 1}) == refused);
  }
  // Nor is a pack given under another collection than its own.
  CHECK(answer(GetTile{{circle.files, pack.pack}}) == refused);
  stranger.ask(GetCollections{});
  const auto heard = stranger.answers(++number);
  REQUIRE(heard.size() == 1);
  for (const CollectionDigest& each : std::get<Collections>(heard[0].message).collections) {
    CHECK(each.collection != secret);
  }
  stranger.ask(Challenge{{}, {{pack, 0}}});
  const auto proofs = stranger.answers(++number);
  REQUIRE(proofs.size() == 1);
  CHECK(std::get<Proofs>(proofs[0].message).proofs == std::vector{Sha256Digest{}});
}

TEST_CASE("session: a ledger that lists a pack in a wrong size keeps nobody from it") {
  for (std::uint8_t size_class = 20; size_class <= 24;
       size_class = static_cast<std::uint8_t>(size_class + 2)) {
    for (std::uint8_t wrong = size_class_min; wrong <= size_class_max; ++wrong) {
      CAPTURE(size_class);
      CAPTURE(wrong);
      Circle circle(3);
      const PackName pack = circle[0].write_pack(circle.files, size_class);
      circle[2].write(circle.files, {"pack " + pack.pack.hex() + " " + std::to_string(wrong)});
      for (const std::size_t i : {0, 2}) {
        const LedgerRef ledger{circle.files, circle[i].device()};
        circle[1].replica.copy_ledger(circle[i].replica, ledger);
        circle[1].node.changed(ledger);
      }
      Connection connection(circle, 1, 0);
      connection.run();
      CHECK(connection.first.settled());
      CHECK(circle[1].replica.whole_packs().contains(pack.pack));
    }
  }
}

TEST_CASE(
    "session: a pack that another collection lists, too, comes under the one that is shared") {
  Circle circle(3);
  const PackName pack = circle[0].write_pack(circle.files);
  // The puller and the liar alone have this one.
  const auto own =
      CollectionId::from_hex(std::string(CollectionId::size * 2, '0').replace(1, 1, "1"));
  circle[2].write(built_in, {test::grant_entry(circle[1].device(), *own),
                             test::grant_entry(circle[2].device(), *own)});
  circle[2].write(*own, {"pack " + pack.pack.hex() + " 20"});
  for (const LedgerRef& ledger :
       {LedgerRef{built_in, circle[2].device()}, LedgerRef{*own, circle[2].device()}}) {
    circle[1].replica.copy_ledger(circle[2].replica, ledger);
    circle[1].node.changed(ledger);
  }
  Connection(circle, 1, 0).run();
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("session: in a chain, the last one has a pack soon after the one in the middle") {
  Circle circle(3);
  const PackName pack = circle[0].write_pack(circle.files);
  const LedgerRef ledger{circle.files, circle[0].device()};
  for (const std::size_t i : {1, 2}) {
    circle[i].replica.copy_ledger(circle[0].replica, ledger);
    circle[i].node.changed(ledger);
  }
  Connection onward(circle, 1, 2);
  onward.run();
  REQUIRE_FALSE(circle[2].replica.whole_packs().contains(pack.pack));
  Connection(circle, 0, 1).run();
  REQUIRE(circle[1].replica.whole_packs().contains(pack.pack));
  onward.run(limits::absent_time_min.count());
  CHECK(circle[2].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("session: a new grant opens a collection at once") {
  Circle circle;
  const auto later = circle.world.random.fixed<CollectionId>();
  circle[0].write(built_in, {test::grant_entry(circle[0].device(), later)});
  const PackName pack = circle[0].write_pack(later);
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK_FALSE(circle[1].replica.find({later, circle[0].device()}));
  circle[0].write(built_in, {test::grant_entry(circle[1].device(), later)});
  connection.run();
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
}

TEST_CASE(
    "session: a collection whose grants stand in itself is taken with the ledger that grants it") {
  Circle circle(3);
  const auto later = circle.world.random.fixed<CollectionId>();
  // Party 1 has it; its own ledger says nothing of party 2's grant, whichever comes first.
  circle[0].write(later, {test::grant_entry(circle[0].device(), later),
                          test::grant_entry(circle[1].device(), later),
                          test::grant_entry(circle[2].device(), later)});
  Connection(circle, 0, 1).run();
  const PackName pack = circle[1].write_pack(later);
  Connection(circle, 1, 2).run();
  CHECK(circle[2].replica.find({later, circle[0].device()}));
  CHECK(circle[2].replica.whole_packs().contains(pack.pack));
  CHECK(same_heads(circle, 1, 2));
}

TEST_CASE("session: a collection that is not granted is not taken, whoever offers it") {
  Circle circle;
  const auto imposed = circle.world.random.fixed<CollectionId>();
  // The peer believes that both may have it; no entry says so.
  circle[0].write(imposed, {"grant " + circle[0].device().hex() + " " + imposed.hex()});
  circle[0].write(built_in, {"not for the other"});
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK_FALSE(circle[1].replica.find({imposed, circle[0].device()}));
  CHECK_FALSE(connection.second.closed());
}

TEST_CASE("session: two histories of one ledger end as a proof that a third one can check") {
  for (const bool same_size : {true, false}) {
    CAPTURE(same_size);
    Circle c(3, same_size ? 3 : 4);
    const LedgerRef forked{c.files, c[0].device()};
    c[0].write(c.files, {"common"});
    Connection(c, 0, 1).run();
    Connection(c, 0, 2).run();
    // The device goes back, and writes something else.
    c[0].write(c.files, {"for one"});
    Connection(c, 0, 1).run();
    c[0].replica.put_back(forked, 1);
    c[0].write(c.files, {"for the other"});
    if (!same_size) c[0].write(c.files, {"and more"});
    Connection(c, 0, 2).run();
    REQUIRE(c[1].replica.find(forked)->tree != c[2].replica.find(forked)->tree);
    Connection(c, 1, 2).run();
    CHECK(c[1].log.forks == std::set{forked});
    CHECK(c[2].log.forks == std::set{forked});
    const auto proof = c[1].replica.find_fork(forked);
    REQUIRE(proof);
    CHECK(verify_fork(*proof, c.world.log_key(forked)));
    CHECK(same_heads(c, 1, 2));
    // Nothing more is taken of it.
    const auto before = c[2].replica.find(forked)->tree;
    c[0].write(c.files, {"later"});
    Connection(c, 0, 2).run();
    CHECK(c[2].replica.find(forked)->tree == before);
  }
}

TEST_CASE("session: a fork travels to those who never saw either history") {
  Circle circle(4);
  const LedgerRef forked{circle.files, circle[0].device()};
  circle[0].write(circle.files, {"one"});
  Connection(circle, 0, 1).run();
  circle[0].replica.put_back(forked, 0);
  circle[0].write(circle.files, {"another"});
  Connection(circle, 0, 2).run();
  Connection(circle, 1, 2).run();
  Connection(circle, 2, 3).run();
  CHECK(circle[3].replica.find_fork(forked));
  CHECK(circle[3].log.forks == std::set{forked});
  CHECK(same_heads(circle, 2, 3));
}

TEST_CASE("fork: a proof shows nothing if any part of it is another's") {
  Circle circle;
  test::World& world = circle.world;
  const LedgerRef ledger{circle.files, circle[0].device()};
  const auto leaf = [](std::string_view text) { return leaf_hash(as_bytes(text)); };
  const std::vector one{leaf("a"), leaf("b"), leaf("c")};
  const std::vector two{leaf("a"), leaf("x"), leaf("c"), leaf("d"), leaf("e")};
  const std::vector longer{leaf("a"), leaf("b"), leaf("c"), leaf("d")};
  const auto note = [&](const std::vector<Sha256Digest>& leaves) {
    return encode(world.sign(ledger, leaves));
  };
  const auto root_of_three = merkle_root(std::span(two).first(3));
  const ForkProof good{ledger, root_of_three, consistency_proof(3, 5, nodes_from_leaves(two)),
                       note(one), note(two)};
  const auto key = world.log_key(ledger);
  CHECK(verify_fork(good, key));
  ForkProof bad = good;
  std::swap(bad.smaller, bad.larger);
  CHECK_FALSE(verify_fork(bad, key));
  bad = good;
  bad.old_root = merkle_root(one);
  CHECK_FALSE(verify_fork(bad, key));
  bad = good;
  bad.proof.pop_back();
  CHECK_FALSE(verify_fork(bad, key));
  // An honest history is no fork.
  const ForkProof honest{ledger, merkle_root(one),
                         consistency_proof(3, 4, nodes_from_leaves(longer)), note(one),
                         note(longer)};
  CHECK_FALSE(verify_fork(honest, key));
  // Nor is one note twice, nor notes of another device or ledger.
  CHECK_FALSE(verify_fork({ledger, merkle_root(one), {}, note(one), note(one)}, key));
  CHECK_FALSE(verify_fork(good, world.log_key({ledger.collection, circle[1].device()})));
  CHECK_FALSE(verify_fork(good, world.log_key({built_in, ledger.device})));
}

TEST_CASE("session: a device that was put back shows nothing, and takes its own ledger back") {
  Circle circle;
  const LedgerRef own = put_back_to_one(circle);
  circle[0].node.changed(own);
  Connection(circle, 0, 1).run();
  CHECK(circle[0].log.old_own[own] == 2);
  CHECK(circle[0].replica.find(own)->tree.size == 2);
  CHECK(circle[1].log.forks.empty());
}

TEST_CASE("session: a device that wrote on after it was put back signs no second history") {
  Circle circle;
  const LedgerRef own = put_back_to_one(circle);
  circle[0].write(circle.files, {"other"});
  circle[0].write(circle.files, {"than two"});
  Connection(circle, 0, 1).run();
  CHECK(circle[0].log.own_differs == std::set{own});
  // It did not even show what it has.
  CHECK(circle[1].log.forks.empty());
  CHECK(circle[1].replica.find(own)->tree.size == 2);
}

TEST_CASE("session: shards that rotted at one peer are taken from another") {
  Circle circle(3);
  const PackName pack = circle[0].write_pack(circle.files);
  Connection(circle, 0, 1).run();
  circle[0].replica.rot(pack.pack, 700'000);
  Connection rotten(circle, 0, 2);
  rotten.run();
  CHECK(circle[2].log.bad == std::set{std::pair{circle[0].device(), pack.pack}});
  CHECK_FALSE(circle[2].replica.whole_packs().contains(pack.pack));
  CHECK_FALSE(rotten.second.closed());
  Connection(circle, 1, 2).run();
  CHECK(circle[2].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("session: a peer with too many damaged packs is asked for no more") {
  Circle circle;
  for (std::uint32_t i = 0; i < limits::bad_packs_max; ++i) {
    circle[0].replica.rot(circle[0].write_pack(circle.files).pack, 0);
  }
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK(circle[1].node.is_quarantined(circle[0].device()));
  const PackName good = circle[0].write_pack(circle.files);
  connection.run();
  CHECK(circle[1].replica.is_listed(good));
  CHECK_FALSE(circle[1].replica.whole_packs().contains(good.pack));
}

TEST_CASE("session: a pack that was begun before a crash is finished, not begun again") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  {
    Connection connection(circle, 0, 1);
    // HELLO, SUMMARY and so on until half of the shards are there.
    while (circle[1].replica.written_bytes < 512 * 1024) {
      const Bytes out = connection.first.take_output(circle.now);
      connection.second.receive(out, circle.now);
      connection.first.receive(connection.second.take_output(circle.now), circle.now);
    }
    circle.now += limits::unsynced_time_max;
    connection.second.tick(circle.now);
  }
  const std::uint64_t before = circle[1].replica.written_bytes;
  REQUIRE(before < 1024 * 1024);
  circle[1].replica.crash();
  test::Log log;
  Replica& replica = circle[1].replica;
  Node node(replica, replica, replica, log);
  Session first(circle[0].node, circle[1].device(), circle.now);
  Session second(node, circle[0].device(), circle.now);
  for (int i = 0; i < 40; ++i) {
    first.receive(second.take_output(circle.now), circle.now);
    second.receive(first.take_output(circle.now), circle.now);
  }
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
  CHECK(circle[1].replica.written_bytes == 1024 * 1024);
}

TEST_CASE("session: one pack comes from several peers") {
  Circle circle(4);
  const PackName pack = circle[0].write_pack(circle.files);
  Connection(circle, 0, 1).run();
  Connection(circle, 0, 2).run();
  Connection a(circle, 0, 3);
  Connection b(circle, 1, 3);
  Connection c(circle, 2, 3);
  for (int i = 0; i < 10; ++i) {
    a.run(1);
    b.run(1);
    c.run(1);
  }
  CHECK(circle[3].replica.whole_packs().contains(pack.pack));
  CHECK(circle[3].replica.written_bytes == 1024 * 1024);
}

TEST_CASE("session: a full disk stops fetching for a while, and nothing else") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  circle[1].replica.sync_point = [](bool) {
    throw Error(ErrorCode::io, "packs: write: no space left on device");
  };
  Connection connection(circle, 0, 1);
  connection.run();
  CHECK_FALSE(circle[1].log.failures.empty());
  CHECK_FALSE(connection.first.closed());
  CHECK_FALSE(connection.second.closed());
  circle[1].replica.sync_point = [](bool) {};
  connection.run(65);
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("session: what still comes when the disk fails in the middle of an answer is no fault") {
  Circle circle(3);
  const LedgerRef forked{circle.files, circle[0].device()};
  circle[0].write(circle.files, {"one"});
  Connection(circle, 0, 1).run();
  circle[0].replica.put_back(forked, 0);
  for (const char* entry : {"another", "and", "more"}) circle[0].write(circle.files, {entry});
  Connection(circle, 0, 2).run();
  // The entries follow the head that proves the fork, which cannot be kept.
  circle[1].replica.sync_point = [](bool) { throw Error(ErrorCode::io, "forks: write: no space"); };
  Connection connection(circle, 1, 2);
  connection.run();
  CHECK_FALSE(circle[1].log.failures.empty());
  CHECK_FALSE(connection.first.closed());
  CHECK_FALSE(connection.second.closed());
  circle[1].replica.sync_point = [](bool) {};
  connection.run(65);
  CHECK(circle[1].replica.find_fork(forked));
  CHECK(circle[1].log.forks == std::set{forked});
}

TEST_CASE("session: a copy counts once its holder answered a challenge") {
  Circle circle;
  test::FixedRandom random(8);
  const PackName pack = circle[0].write_pack(circle.files);
  Connection connection(circle, 0, 1);
  connection.run();
  // It was asked before it had it.
  circle[0].log.possessions.clear();
  REQUIRE(connection.first.challenge(random.fixed<Nonce>(), {{pack, 3}, {pack, 255}}, circle.now));
  connection.run();
  REQUIRE(circle[0].log.possessions.size() == 2);
  CHECK(circle[0].log.possessions[0].proven);
  CHECK(circle[0].log.possessions[1].proven);
  circle[1].replica.rot(pack.pack, 3 * 4096);
  REQUIRE(connection.first.challenge(random.fixed<Nonce>(), {{pack, 3}}, circle.now));
  connection.run();
  CHECK_FALSE(circle[0].log.possessions.back().proven);
}

TEST_CASE("session: a peer is asked for challenges an hour, and no more") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Stranger stranger(circle, 1);
  stranger.say_hello();
  for (std::uint32_t i = 1; i <= limits::challenge_messages_per_hour_max; ++i) {
    stranger.ask(Challenge{{}, {{pack, 0}}});
    CHECK(std::holds_alternative<Proofs>(stranger.answers(i).at(0).message));
  }
  const std::uint32_t next = limits::challenge_messages_per_hour_max + 1;
  stranger.ask(Challenge{{}, {{pack, 0}}});
  const auto busy = stranger.answers(next);
  CHECK(std::get<Refused>(busy.at(0).message).reason == RefusedReason::busy);
}

}  // namespace muniment::sync
