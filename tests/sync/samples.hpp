// One message of each type, always the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sync/protocol/message.hpp"
#include "tests/support/fixed.hpp"

namespace muniment::sync::test {

using muniment::test::FixedRandom;

struct Sample {
  std::string name;
  Message message;
  std::uint32_t request = 0;
};

// What Shards of the samples point to.
[[nodiscard]] inline const Bytes& sample_shard_bytes() {
  static const Bytes bytes = FixedRandom(7).bytes(600);
  return bytes;
}

[[nodiscard]] inline std::vector<Sample> samples() {
  FixedRandom random(1);
  const auto digest = [&random] { return random.fixed<Sha256Digest>(); };
  const auto collection = random.fixed<CollectionId>();
  const auto later = [](CollectionId id) {
    id.mutable_view()[0] = std::byte{0xff};
    return id;
  };
  const LedgerRef ledger{collection, random.fixed<DeviceId>()};
  const PackName pack{collection, random.fixed<PackId>()};
  const MerkleProof proof{digest(), digest(), digest()};
  Tile tile{24, {}};
  for (std::size_t i = 0; i < shards_in_pack; ++i) tile.hashes.push_back(digest());
  return {
      {"hello",
       Hello{random.fixed<ConsortiumId>(), ledger.device, 5, 512, 16U << 20U, to_bytes("later")}},
      {"summary", Summary{digest()}},
      {"ping", Ping{}, 1},
      {"pong", Pong{}, 1},
      {"bye", Bye{static_cast<std::uint16_t>(CloseCode::bad_proof)}},
      {"refused", Refused{}, 2},
      {"busy", Refused{RefusedReason::busy, 1500}, 3},
      {"get_collections", GetCollections{}, 4},
      {"collections", Collections{{{collection, digest()}, {later(collection), digest()}}}, 4},
      {"get_heads", GetHeads{collection}, 5},
      {"heads", Heads{collection, {{ledger.device, {7, digest()}, digest()}}, {}}, 5},
      {"heads_with_forks", Heads{{}, {}, {ledger, {later(collection), ledger.device}}}, 6},
      {"get_ledger", GetLedger{ledger, {5, digest()}}, 0x01020304},
      {"get_whole_ledger", GetLedger{ledger, {}}, 7},
      {"ledger", LedgerHead{digest(), proof, "origin\n7\nroot\n\n\u2014 name signature\n"}, 7},
      {"entries", Entries{{"muniment/test/v1\n", "second"}}, 7},
      {"get_fork", GetFork{ledger}, 8},
      {"fork", ForkProof{ledger, digest(), proof, "one\n", "another\n"}, 8},
      {"get_tile", GetTile{pack}, 9},
      {"tile", tile, 9},
      {"get_shards", GetShards{pack, 252, 4}, 10},
      {"shards", Shards{sample_shard_bytes()}, 10},
      {"challenge", Challenge{random.fixed<Nonce>(), {{pack, 3}, {pack, 255}}}, 11},
      {"proofs", Proofs{{digest(), {}}}, 11},
  };
}

}  // namespace muniment::sync::test
