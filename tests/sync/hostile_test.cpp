// Each rule of PROTOCOL.md that a peer can break, broken once.
#include <doctest/doctest.h>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::Stranger;

const CollectionId built_in{};

}  // namespace

TEST_CASE("hostile: nothing but HELLO is taken first, and it only once") {
  Circle circle;
  Stranger early(circle, 1);
  early.ask(GetCollections{});
  CHECK(early.session.closed() == CloseCode::out_of_order);
  Stranger twice(circle, 1);
  twice.say_hello();
  CHECK(twice.session.open());
  twice.say_hello();
  CHECK(twice.session.closed() == CloseCode::out_of_order);
}

TEST_CASE("hostile: HELLO names the consortium, and the device that the connection has shown") {
  Circle circle(3);
  Stranger other(circle, 1);
  Hello hello = other.hello();
  hello.consortium = circle.world.random.fixed<ConsortiumId>();
  other.say(hello, 0);
  CHECK(other.session.closed() == CloseCode::wrong_consortium);
  Stranger liar(circle, 1);
  hello = liar.hello();
  hello.device = circle[2].device();
  liar.say(hello, 0);
  CHECK(liar.session.closed() == CloseCode::wrong_device);
  // A device that nobody certified.
  Circle small(2);
  small.world.actors.push_back({small.world.random.fixed<DeviceId>(),
                                SigningKey<LogPurpose>::generate(small.world.random),
                                SigningKey<WitnessPurpose>::generate(small.world.random)});
  small.parties.push_back(std::make_unique<test::Party>(small.world, 2));
  Stranger unknown(small, 2);
  unknown.say_hello();
  CHECK(unknown.session.closed() == CloseCode::wrong_device);
}

TEST_CASE("hostile: an end is said, and nothing after it") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  Bytes unknown;
  encode(FrameHeader{0, 1, 0x7f}, unknown);
  stranger.send(unknown);
  CHECK(stranger.session.closed() == CloseCode::unknown_type);
  CHECK(stranger.session.peer_failed());
  const auto heard = stranger.hear();
  REQUIRE_FALSE(heard.empty());
  CHECK(std::get<Bye>(heard.back().message).code == 4);
  stranger.ask(GetCollections{});
  CHECK(stranger.hear().empty());
}

TEST_CASE("hostile: a malformed body ends the session") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  Bytes bytes;
  encode(FrameHeader{15, 1, 0x12}, bytes);
  bytes.resize(bytes.size() + 15);
  stranger.send(bytes);
  CHECK(stranger.session.closed() == CloseCode::malformed);
}

TEST_CASE("hostile: requests are numbered one after the other") {
  Circle circle;
  for (const std::uint32_t number : {2U, 0xffffffffU}) {
    Stranger stranger(circle, 1);
    stranger.say_hello();
    stranger.say(GetCollections{}, number);
    CHECK(stranger.session.closed() == CloseCode::out_of_order);
  }
}

TEST_CASE("hostile: more requests than may wait end the session") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  // Small ones are bounded by their number, large ones by their bytes.
  for (std::uint32_t i = 0; i < limits::window_bytes_max / limits::mib; ++i) {
    stranger.ask(GetLedger{{circle.files, circle[0].device()}, {}});
    REQUIRE(stranger.session.open());
  }
  stranger.ask(GetLedger{{circle.files, circle[0].device()}, {}});
  CHECK(stranger.session.closed() == CloseCode::flood);
}

TEST_CASE("hostile: a run of shards beyond its bound ends the session") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Stranger stranger(circle, 1);
  stranger.say_hello();
  stranger.ask(GetShards{pack, 0, 64});
  CHECK(std::holds_alternative<Shards>(stranger.answers(1).at(0).message));
  // It may have been told that the pack is smaller than it is.
  const PackName larger = circle[0].write_pack(circle.files, 21);
  stranger.ask(GetShards{larger, 0, 33});
  CHECK(std::holds_alternative<Refused>(stranger.answers(2).at(0).message));
  // This is too much of any.
  stranger.ask(GetShards{pack, 0, 65});
  (void)stranger.hear();
  CHECK(stranger.session.closed() == CloseCode::flood);
}

TEST_CASE(
    "hostile: who lies about a pack's size, with a ledger and a tile, delays it and no more") {
  Circle circle(3);
  const PackName pack = circle[2].write_pack(circle.files, 21);
  circle[1].write(circle.files, {"pack " + pack.pack.hex() + " 20"});
  for (const std::size_t i : {1, 2}) {
    const LedgerRef ledger{circle.files, circle[i].device()};
    circle[0].replica.copy_ledger(circle[i].replica, ledger);
    circle[0].node.changed(ledger);
  }
  Stranger liar(circle, 1);
  liar.say_hello();
  std::uint32_t asked = 0;
  for (const auto& heard : liar.hear()) {
    if (std::holds_alternative<GetTile>(heard.message)) asked = heard.number;
  }
  Tile tile = circle.world.packs.at(pack.pack).tile;
  tile.size_class = 20;
  liar.say(tile, asked);
  test::Connection connection(circle, 0, 2);
  connection.run();
  CHECK_FALSE(circle[0].replica.whole_packs().contains(pack.pack));
  for (int i = 0; i < 20; ++i) {
    connection.run(1);
    liar.session.tick(circle.now);
  }
  CHECK(connection.first.open());
  CHECK(circle[0].log.bad.empty());
  CHECK(circle[0].replica.whole_packs().contains(pack.pack));
}

TEST_CASE("hostile: what nobody asked for ends the session") {
  Circle circle;
  for (const Message& message : {Message{Collections{}}, Message{Shards{as_bytes("bytes")}},
                                 Message{Pong{}}, Message{Refused{}}}) {
    Stranger stranger(circle, 1);
    stranger.say_hello();
    stranger.say(message, 77);
    CHECK(stranger.session.closed() == CloseCode::unasked);
  }
  // An answer of another kind, too.
  Stranger stranger(circle, 1);
  stranger.say_hello();
  stranger.say(Summary{circle.world.random.fixed<Sha256Digest>()}, 0);
  const auto heard = stranger.hear();
  REQUIRE(std::holds_alternative<GetCollections>(heard.back().message));
  stranger.say(Proofs{{{}}}, heard.back().number);
  CHECK(stranger.session.closed() == CloseCode::unasked);
}

TEST_CASE("hostile: who is silent is asked, then given up") {
  Circle circle;
  Stranger mute(circle, 1);
  circle.now += limits::hello_time - std::chrono::milliseconds(1);
  mute.session.tick(circle.now);
  CHECK_FALSE(mute.session.closed());
  CHECK(mute.session.next_deadline() == circle.now + std::chrono::milliseconds(1));
  circle.now += std::chrono::milliseconds(1);
  mute.session.tick(circle.now);
  CHECK(mute.session.closed() == CloseCode::timeout);
  Stranger silent(circle, 1);
  silent.say_hello();
  (void)silent.hear();
  circle.now += limits::ping_after;
  silent.session.tick(circle.now);
  const auto heard = silent.hear();
  REQUIRE(heard.size() == 1);
  CHECK(std::holds_alternative<Ping>(heard[0].message));
  silent.say(Pong{}, heard[0].number);
  circle.now += limits::ping_after;
  silent.session.tick(circle.now);
  CHECK(silent.session.open());
  circle.now += limits::idle_time;
  silent.session.tick(circle.now);
  CHECK(silent.session.closed() == CloseCode::timeout);
}

TEST_CASE("hostile: a frame that never ends is given up, however steadily it comes") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  Bytes frame;
  encode(FrameHeader{60'000, 0, 0x80}, frame);
  stranger.send(frame);
  for (int i = 0; i < 70 && !stranger.session.closed(); ++i) {
    circle.now += std::chrono::seconds(1);
    stranger.send(Bytes(1));
    stranger.session.tick(circle.now);
  }
  CHECK(stranger.session.closed() == CloseCode::timeout);
}

TEST_CASE("hostile: a request that is never answered ends the session") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  stranger.say(Summary{circle.world.random.fixed<Sha256Digest>()}, 0);
  for (std::uint8_t i = 0; i < 70 && !stranger.session.closed(); ++i) {
    circle.now += std::chrono::seconds(1);
    // It keeps talking all the while.
    Summary summary;
    summary.digest.mutable_view()[0] = static_cast<std::byte>(i);
    stranger.say(summary, 0);
    stranger.session.tick(circle.now);
  }
  CHECK(stranger.session.closed() == CloseCode::timeout);
}

TEST_CASE("hostile: a flood of what may be ignored ends the session") {
  Circle circle;
  Stranger stranger(circle, 1);
  stranger.say_hello();
  Bytes frame;
  encode(FrameHeader{0, 0, 0x80}, frame);
  for (std::uint32_t i = 0; i < limits::idle_frames_per_minute_max; ++i) stranger.send(frame);
  CHECK(stranger.session.open());
  stranger.send(frame);
  CHECK(stranger.session.closed() == CloseCode::flood);
}

TEST_CASE("hostile: who reads nothing makes us hold no more than the bounds") {
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files);
  Stranger stranger(circle, 1);
  stranger.say_hello();
  for (std::uint8_t i = 0; i < 60; ++i) stranger.ask(GetShards{pack, 0, 64});
  CHECK(stranger.session.open());
  // One output is taken, and stays with a transport whose peer does not read.
  CHECK(stranger.session.take_output(circle.now).size() <= limits::outbox_bytes_max);
  CHECK(stranger.session.held_bytes() <= limits::outbox_bytes_max);
}

TEST_CASE("hostile: made-up checkpoints, proofs, entries and tiles are not believed") {
  Circle circle;
  const LedgerRef ledger{circle.files, circle[1].device()};
  const auto leaf = leaf_hash(as_bytes("entry"));
  const SignedNote good = circle.world.sign(ledger, {leaf, leaf});
  const auto offer = [&](const std::vector<Message>& answers) {
    auto stranger = std::make_unique<Stranger>(circle, 1);
    stranger->say_hello();
    stranger->say(Summary{circle.world.random.fixed<Sha256Digest>()}, 0);
    const auto find = [&](auto kind) {
      std::uint32_t number = 0;
      for (const auto& heard : stranger->hear()) {
        if (std::holds_alternative<decltype(kind)>(heard.message)) number = heard.number;
      }
      REQUIRE(number != 0);
      return number;
    };
    const Heads heads{circle.files, {{ledger.device, {2, leaf}, {}}}, {}};
    stranger->say(Collections{{{circle.files, digest_of(heads)}}}, find(GetCollections{}));
    stranger->say(heads, find(GetHeads{}));
    const std::uint32_t number = find(GetLedger{});
    for (const Message& answer : answers) stranger->say(answer, number);
    CHECK_FALSE(circle[0].replica.find(ledger));
    return stranger->session.closed();
  };
  SignedNote unsigned_note = good;
  unsigned_note.signatures[0].signature[5] ^= std::byte{1};
  CHECK(offer({LedgerHead{{}, {}, encode(unsigned_note)}}) == CloseCode::bad_signature);
  CHECK(offer({LedgerHead{{}, {}, "no note"}}) == CloseCode::bad_signature);
  // Of another ledger of the same device.
  const SignedNote other = circle.world.sign({built_in, ledger.device}, {leaf, leaf});
  CHECK(offer({LedgerHead{{}, {}, encode(other)}}) == CloseCode::bad_signature);
  CHECK(offer({LedgerHead{leaf, {}, encode(good)}}) == CloseCode::bad_proof);
  CHECK(offer({LedgerHead{{}, {leaf}, encode(good)}}) == CloseCode::bad_proof);
  CHECK(offer({LedgerHead{{}, {}, encode(good)}, Entries{{"entry", "other"}}}) ==
        CloseCode::bad_proof);
  CHECK(offer({LedgerHead{{}, {}, encode(good)}, Entries{{"entry", "entry", "entry"}}}) ==
        CloseCode::unasked);
  CHECK(offer({Entries{{"entry"}}}) == CloseCode::unasked);
}

TEST_CASE("hostile: a tile that is not the pack's ends the session, and so do shards of no size") {
  Circle circle;
  const PackName pack = circle[1].write_pack(circle.files);
  circle[0].replica.copy_ledger(circle[1].replica, {circle.files, circle[1].device()});
  circle[0].node.changed({circle.files, circle[1].device()});
  Tile tile = circle.world.packs.at(pack.pack).tile;
  const auto find = [&](Stranger& stranger, auto kind) {
    for (const auto& heard : stranger.hear()) {
      if (std::holds_alternative<decltype(kind)>(heard.message)) return heard.number;
    }
    return 0U;
  };
  {
    Stranger stranger(circle, 1);
    stranger.say_hello();
    Tile wrong = tile;
    wrong.hashes[7].mutable_view()[0] ^= std::byte{1};
    stranger.say(wrong, find(stranger, GetTile{}));
    CHECK(stranger.session.closed() == CloseCode::bad_proof);
  }
  Stranger stranger(circle, 1);
  stranger.say_hello();
  stranger.say(tile, find(stranger, GetTile{}));
  stranger.say(Shards{as_bytes("short")}, find(stranger, GetShards{}));
  CHECK(stranger.session.closed() == CloseCode::unasked);
}

TEST_CASE("hostile: who gives a tile of another size than was asked for is only not asked again") {
  // The one who lies may be who wrote the ledger.
  Circle circle;
  const PackName pack = circle[1].write_pack(circle.files);
  circle[0].replica.copy_ledger(circle[1].replica, {circle.files, circle[1].device()});
  circle[0].node.changed({circle.files, circle[1].device()});
  Stranger stranger(circle, 1);
  stranger.say_hello();
  std::uint32_t asked = 0;
  for (const auto& heard : stranger.hear()) {
    if (std::holds_alternative<GetTile>(heard.message)) asked = heard.number;
  }
  Tile tile = circle.world.packs.at(pack.pack).tile;
  tile.size_class = 21;
  stranger.say(tile, asked);
  CHECK(stranger.session.open());
  CHECK(std::ranges::none_of(stranger.hear(), [](const auto& heard) {
    return std::holds_alternative<GetTile>(heard.message) ||
           std::holds_alternative<GetShards>(heard.message);
  }));
}

}  // namespace muniment::sync
