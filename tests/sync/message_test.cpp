#include "sync/protocol/message.hpp"

#include <doctest/doctest.h>

#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "tests/sync/samples.hpp"

namespace muniment::sync {

namespace {

Frame frame_of(ByteView bytes) {
  const auto header = decode_frame_header(bytes.first(frame_header_bytes));
  REQUIRE(std::holds_alternative<FrameHeader>(header));
  return {std::get<FrameHeader>(header), bytes.subspan(frame_header_bytes)};
}

Bytes encoded(const test::Sample& sample) {
  Bytes bytes;
  encode_frame(sample.message, sample.request, bytes);
  return bytes;
}

// What `body` decodes to as a message of the sample's type.
std::optional<Message> decode_as(const test::Sample& sample, ByteView body) {
  const auto type = static_cast<std::uint8_t>(type_of(sample.message));
  return decode(Frame{{static_cast<std::uint32_t>(body.size()), sample.request, type}, body});
}

bool is_refused(const Message& message, std::uint32_t request = 1) {
  const auto type = static_cast<std::uint8_t>(type_of(message));
  const Bytes body = encode_body(message);
  return !decode(Frame{{static_cast<std::uint32_t>(body.size()), request, type}, body});
}

}  // namespace

TEST_CASE("message: every one is read as it was written") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = encoded(sample);
    const Frame frame = frame_of(bytes);
    CHECK(frame.header.body_bytes == frame.body.size());
    const auto message = decode(frame);
    REQUIRE(message);
    CHECK(*message == sample.message);
  }
}

TEST_CASE("message: the bytes are those of the golden files") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    CHECK(muniment::test::matches_golden("sync/" + sample.name + ".bin", encoded(sample)));
  }
}

TEST_CASE("message: there is one of each type in the golden files") {
  std::vector<MessageType> types;
  for (const test::Sample& sample : test::samples()) types.push_back(type_of(sample.message));
  for (unsigned code = 0; code < first_ignorable_type; ++code) {
    const auto type = static_cast<std::uint8_t>(code);
    const bool known = body_bytes_max(type).has_value();
    CHECK(known == (std::ranges::find(types, static_cast<MessageType>(type)) != types.end()));
  }
}

TEST_CASE("message: a body that is cut, or followed by a byte, is refused or another message") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const Bytes body = encode_body(sample.message);
    const auto is_strict = [&](ByteView bytes) {
      const auto message = decode_as(sample, bytes);
      return !message || equal(encode_body(*message), bytes);
    };
    muniment::test::for_each_truncation(body, [&](ByteView cut) { REQUIRE(is_strict(cut)); });
    Bytes longer = body;
    longer.push_back(std::byte{0});
    CHECK(is_strict(longer));
  }
}

TEST_CASE("message: one turned bit makes another message or none") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const Bytes body = encode_body(sample.message);
    muniment::test::for_each_bit_flip(body, [&](ByteView bytes, std::size_t bit) {
      CAPTURE(bit);
      const auto message = decode_as(sample, bytes);
      REQUIRE((!message || (equal(encode_body(*message), bytes) && *message != sample.message)));
    });
  }
}

TEST_CASE("message: announcements bear no number, all others do") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const Bytes body = encode_body(sample.message);
    test::Sample other = sample;
    other.request = sample.request == 0 ? 1 : 0;
    CHECK_FALSE(decode_as(other, body));
  }
}

TEST_CASE("message: lists have an order and no doubles") {
  test::FixedRandom random(3);
  const auto device = random.fixed<DeviceId>();
  const auto collection = random.fixed<CollectionId>();
  const CollectionDigest digest{collection, {}};
  CHECK(is_refused(Collections{{digest, digest}}));
  CHECK(is_refused(Collections{{digest, {CollectionId{}, {}}}}));
  const Head head{device, {1, {}}, {}};
  CHECK(is_refused(Heads{collection, {head, head}, {}}));
  CHECK(is_refused(Heads{collection, {head, {DeviceId{}, {1, {}}, {}}}, {}}));
  const LedgerRef fork{collection, device};
  CHECK(is_refused(Heads{{}, {}, {fork, fork}}));
}

TEST_CASE("message: what has no meaning is refused") {
  test::FixedRandom random(4);
  const auto collection = random.fixed<CollectionId>();
  const LedgerRef ledger{collection, random.fixed<DeviceId>()};
  const PackName pack{collection, random.fixed<PackId>()};
  // Forks stand in the built-in collection alone, and a ledger without entries has no head.
  CHECK(is_refused(Heads{collection, {}, {ledger}}));
  CHECK(is_refused(Heads{collection, {{ledger.device, {0, {}}, {}}}, {}}));
  CHECK(is_refused(GetLedger{ledger, {0, random.fixed<Sha256Digest>()}}));
  CHECK(is_refused(LedgerHead{{}, {}, ""}));
  CHECK(is_refused(ForkProof{ledger, {}, {}, "", "note"}));
  CHECK(is_refused(GetShards{pack, 0, 0}));
  CHECK(is_refused(GetShards{pack, 255, 2}));
  CHECK(is_refused(Tile{19, std::vector<Sha256Digest>(shards_in_pack)}));
  CHECK(is_refused(Tile{25, std::vector<Sha256Digest>(shards_in_pack)}));
  CHECK(is_refused(Challenge{}));
  CHECK(is_refused(Proofs{}));
  CHECK(is_refused(Refused{RefusedReason::not_available, 1}));
  CHECK(is_refused(Hello{{}, {}, 0, 0, 1U << 20U, {}}, 0));
  CHECK(is_refused(Hello{{}, {}, 0, 513, 1U << 20U, {}}, 0));
  CHECK(is_refused(Hello{{}, {}, 0, 1, 1, {}}, 0));
  CHECK(is_refused(Hello{{}, {}, 0, 1, limits::window_bytes_max + 1, {}}, 0));
  CHECK(is_refused(Hello{{}, {}, 0, 1, 1U << 20U, Bytes(193)}, 0));
}

TEST_CASE("message: a type that may be ignored is read whatever is in it") {
  const Bytes body = test::FixedRandom(5).bytes(100);
  const auto message = decode(Frame{{100, 0, 0x93}, body});
  REQUIRE(message);
  CHECK(std::get<Ignorable>(*message).type == 0x93);
}

TEST_CASE("message: the longest of each type is as long as its bound") {
  const auto longest = [](const Message& message) { return encode_body(message).size(); };
  const auto bound = [](MessageType type) {
    return *body_bytes_max(static_cast<std::uint8_t>(type));
  };
  const std::string note(limits::note_bytes_max, 'n');
  const MerkleProof proof(limits::proof_hashes_max);
  const std::vector<Head> heads(limits::heads_per_collection_max);
  const std::vector<LedgerRef> forks(limits::forks_max);
  CHECK(longest(Hello{{}, {}, 0, 1, 1, Bytes(192)}) == bound(MessageType::hello));
  CHECK(longest(Collections{std::vector<CollectionDigest>(limits::collections_max)}) ==
        bound(MessageType::collections));
  CHECK(longest(Heads{{}, heads, forks}) == bound(MessageType::heads));
  CHECK(longest(LedgerHead{{}, proof, note}) == bound(MessageType::ledger));
  CHECK(longest(ForkProof{{}, {}, proof, note, note}) == bound(MessageType::fork));
  CHECK(longest(Tile{20, std::vector<Sha256Digest>(shards_in_pack)}) == bound(MessageType::tile));
  CHECK(longest(Challenge{{}, std::vector<ShardName>(limits::challenges_max)}) ==
        bound(MessageType::challenge));
  CHECK(longest(Proofs{std::vector<Sha256Digest>(limits::challenges_max)}) ==
        bound(MessageType::proofs));
  CHECK(run_shards_max(24) * shard_bytes(24) == bound(MessageType::shards));
  CHECK(run_shards_max(20) * shard_bytes(20) == bound(MessageType::shards));
}

TEST_CASE("message: a possession proof is of one question and one shard") {
  test::FixedRandom random(6);
  const Possession asked{random.fixed<Nonce>(), random.fixed<DeviceId>(), random.fixed<DeviceId>(),
                         random.fixed<PackId>(), 7};
  const Bytes shard = random.bytes(4096);
  const Sha256Digest proof = possession_proof(asked, shard);
  CHECK(proof == possession_proof(asked, shard));
  Possession other = asked;
  other.nonce = random.fixed<Nonce>();
  CHECK(possession_proof(other, shard) != proof);
  other = asked;
  std::swap(other.asker, other.answerer);
  CHECK(possession_proof(other, shard) != proof);
  other = asked;
  other.shard = 8;
  CHECK(possession_proof(other, shard) != proof);
  CHECK(possession_proof(asked, random.bytes(4096)) != proof);
}

}  // namespace muniment::sync
