#include "vault/merkle/tile.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/merkle/leaves.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

const std::vector<Bytes>& sample_entries() {
  static const std::vector<Bytes> entries = {
      to_bytes("one"), {}, to_bytes("three"), Bytes(300, std::byte{7})};
  return entries;
}

// Makes tiles from leaves, as a log that holds them does.
TileReader tiles_of(std::span<const Sha256Digest> leaves) {
  return [leaves](const TileId& tile) { return tile_hashes(tile, nodes_from_leaves(leaves)); };
}

}  // namespace

TEST_CASE("tile path: the forms of C2SP tlog-tiles") {
  CHECK(encode_path(TileId{0, 1234067, 256}) == "tile/0/x001/x234/067");
  CHECK(encode_path(TileId{0, 0, 256}) == "tile/0/000");
  CHECK(encode_path(TileId{1, 999, 1}) == "tile/1/999.p/1");
  CHECK(encode_path(TileId{63, 1000, 255}) == "tile/63/x001/000.p/255");
  CHECK(encode_path(TileId{0, no_limit, 256}) == "tile/0/x018/x446/x744/x073/x709/x551/615");
  CHECK(encode_path(BundleId{1234067, 256}) == "tile/entries/x001/x234/067");
  CHECK(encode_path(BundleId{5, 17}) == "tile/entries/005.p/17");
}

TEST_CASE("tile path: what was encoded is decoded") {
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{67}, std::uint64_t{1000},
                                    std::uint64_t{1234067}, std::uint64_t{1} << 56U, no_limit}) {
    for (const unsigned width : {1U, 9U, 10U, 255U, 256U}) {
      for (const unsigned level : {0U, 1U, 7U, 10U, 63U}) {
        const TileId tile{level, index, width};
        CHECK(decode_tile_path(encode_path(tile)) == tile);
      }
      const BundleId bundle{index, width};
      CHECK(decode_bundle_path(encode_path(bundle)) == bundle);
      CHECK_FALSE(decode_tile_path(encode_path(bundle)));
    }
  }
}

TEST_CASE("tile path: any other spelling is refused") {
  for (const std::string_view place : {"",
                                       "0",
                                       "00",
                                       "0000",
                                       "x000/001",
                                       "x001/x000",
                                       "x001",
                                       "x001/",
                                       "x1/001",
                                       "001/001",
                                       "x0001/001",
                                       "/001",
                                       "001/",
                                       "001 ",
                                       "001.p",
                                       "001.p/",
                                       "001.p/0",
                                       "001.p/00",
                                       "001.p/01",
                                       "001.p/256",
                                       "001.p/257",
                                       "001.p/-1",
                                       "001.p/+1",
                                       "001.p/1/",
                                       "001.p/1.p/1",
                                       "001.P/1",
                                       "X001/001",
                                       "0x1",
                                       "-01",
                                       "+01",
                                       "x018/x446/x744/x073/x709/x551/616",
                                       "x999/x999/x999/x999/x999/x999/x999/999"}) {
    CAPTURE(place);
    CHECK_FALSE(decode_tile_path("tile/0/" + std::string(place)));
    CHECK_FALSE(decode_bundle_path("tile/entries/" + std::string(place)));
  }
  for (const std::string_view path :
       {"", "tile", "tile/", "tile/0", "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000",
        "tile//000", "/tile/0/000", "tiles/0/000", "Tile/0/000", "tile/entries/000"}) {
    CAPTURE(path);
    CHECK_FALSE(decode_tile_path(path));
  }
}

TEST_CASE("tile path: cut or with a flipped bit it is refused or another tile's one path") {
  const std::string path = encode_path(TileId{2, 1234067, 112});
  const auto check = [&](ByteView damaged) {
    const auto tile = decode_tile_path(as_text(damaged));
    if (!tile) return;
    CHECK(encode_path(*tile) == as_text(damaged));
    CHECK(*tile != TileId{2, 1234067, 112});
  };
  test::for_each_truncation(as_bytes(path), check);
  test::for_each_bit_flip(as_bytes(path), [&](ByteView damaged, std::size_t) { check(damaged); });
}

TEST_CASE("tiles: a tree has the tiles that C2SP tlog-tiles counts for it") {
  const auto tiles = tiles_added(0, 70'000);
  REQUIRE(tiles.size() == 273 + 1 + 1 + 1 + 1);
  for (std::size_t i = 0; i < 273; ++i) CHECK(tiles[i] == TileId{0, i, 256});
  CHECK(tiles[273] == TileId{0, 273, 112});
  CHECK(tiles[274] == TileId{1, 0, 256});
  CHECK(tiles[275] == TileId{1, 1, 17});
  CHECK(tiles[276] == TileId{2, 0, 1});
  CHECK(tiles_added(0, 256) == std::vector<TileId>{{0, 0, 256}, {1, 0, 1}});
  CHECK(tiles_added(0, 0).empty());
  CHECK(tiles_added(70'000, 70'000).empty());
}

TEST_CASE("tiles: a tree that grew has the tiles it had, if they were full, and those added") {
  for (const auto& [before, now] : {std::pair{0U, 1U},
                                    {1U, 255U},
                                    {255U, 256U},
                                    {256U, 257U},
                                    {300U, 511U},
                                    {65'000U, 66'000U},
                                    {65'535U, 65'536U}}) {
    std::vector<TileId> tiles = tiles_added(before, now);
    for (const TileId& tile : tiles_added(0, before)) {
      const bool stays = tile_width(now, tile.level, tile.index) == tile.width;
      if (stays) tiles.push_back(tile);
    }
    std::ranges::sort(tiles);
    CHECK(tiles == tiles_added(0, now));
  }
}

TEST_CASE("tiles: the width of each is stated, and that of others is zero") {
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{256}, std::uint64_t{70'000}}) {
    std::uint64_t tiles = 0;
    for (const TileId& tile : tiles_added(0, size)) {
      CHECK(tile_width(size, tile.level, tile.index) == tile.width);
      tiles += tile.level == 0 ? 1 : 0;
    }
    CHECK(tile_width(size, 0, tiles) == 0);
  }
  CHECK(tile_width(0, 0, 0) == 0);
  CHECK(tile_width(no_limit, 7, 0) == 255);
  CHECK(tile_width(no_limit, 8, 0) == 0);
  CHECK(tile_width(no_limit, 63, 0) == 0);
  CHECK(tile_width(no_limit, 0, no_limit) == 0);
}

TEST_CASE("tiles: a hash of a level is the root of a full tile of the level below") {
  const auto leaves = test::some_leaves(1000);
  const auto nodes = nodes_from_leaves(leaves);
  const auto above = tile_hashes({1, 0, 3}, nodes);
  REQUIRE(above.size() == 3);
  for (std::size_t i = 0; i < above.size(); ++i) {
    const auto below = tile_hashes({0, i, 256}, nodes);
    CHECK(merkle_root(below) == above[i]);
    CHECK(below.front() == leaves[256 * i]);
  }
  CHECK(tile_hashes({0, 3, 232}, nodes).back() == leaves.back());
}

TEST_CASE("tiles: roots and proofs made from tiles alone are those made from the leaves") {
  const auto leaves = test::some_leaves(66'000);
  const auto from_tiles = nodes_from_tiles(leaves.size(), tiles_of(leaves));
  const TreeHead head{leaves.size(), merkle_root(leaves)};
  CHECK(merkle_root(head.size, from_tiles) == head.root);
  for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 65'999U}) {
    const auto proof = inclusion_proof(index, head.size, from_tiles);
    CHECK(verify_inclusion(head, index, leaves[index], proof));
  }
  for (const std::uint64_t size : {1U, 256U, 300U, 65'536U, 65'537U, 66'000U}) {
    const TreeHead before{size, merkle_root(std::span(leaves).first(size))};
    CHECK(verify_consistency(before, head, consistency_proof(size, head.size, from_tiles)));
  }
}

TEST_CASE("tiles: one is read once for all of its hashes") {
  const auto leaves = test::some_leaves(600);
  std::size_t read = 0;
  const auto nodes = nodes_from_tiles(leaves.size(), [&](const TileId& id) {
    ++read;
    return tiles_of(leaves)(id);
  });
  CHECK(tile_hashes({0, 1, 256}, nodes) == std::vector(leaves.begin() + 256, leaves.begin() + 512));
  CHECK(read == 1);
  CHECK(nodes(0, 0) == leaves[0]);
  CHECK(nodes(0, 256) == leaves[256]);
  CHECK(read == 3);
}

TEST_CASE("tile: golden bytes, and every other length is refused") {
  const auto hashes = test::some_leaves(3);
  const Bytes tile = encode_tile(hashes);
  CHECK(test::matches_golden("merkle/tile", tile));
  CHECK(decode_tile(tile, 3) == hashes);
  CHECK_FALSE(decode_tile(tile, 2));
  CHECK_FALSE(decode_tile(tile, 4));
  CHECK_FALSE(decode_tile({}, 0));
  CHECK_FALSE(decode_tile(Bytes(257 * Sha256Digest::size), 257));
  test::for_each_truncation(tile, [](ByteView cut) { CHECK_FALSE(decode_tile(cut, 3)); });
  test::for_each_bit_flip(tile, [&](ByteView flipped, std::size_t) {
    const auto other = decode_tile(flipped, 3);
    CHECK(other);
    CHECK(other != hashes);
  });
}

TEST_CASE("entry bundle: golden bytes, and what was encoded is decoded") {
  const Bytes bundle = encode_bundle(sample_entries());
  CHECK(test::matches_golden("merkle/bundle", bundle));
  CHECK(decode_bundle(bundle, 4) == sample_entries());
  const std::vector<Bytes> longest(256, Bytes(limits::ledger_entry_bytes_max, std::byte{1}));
  CHECK(decode_bundle(encode_bundle(longest), 256) == longest);
}

TEST_CASE("entry bundle: another number of entries, trailing bytes and every cut are refused") {
  Bytes bundle = encode_bundle(sample_entries());
  for (const unsigned width : {0U, 3U, 5U, 256U, 257U}) CHECK_FALSE(decode_bundle(bundle, width));
  test::for_each_truncation(bundle, [](ByteView cut) { CHECK_FALSE(decode_bundle(cut, 4)); });
  bundle.push_back(std::byte{0});
  CHECK_FALSE(decode_bundle(bundle, 4));
  bundle.push_back(std::byte{0});
  CHECK_FALSE(decode_bundle(bundle, 4));
  CHECK_FALSE(decode_bundle({}, 0));
}

TEST_CASE("entry bundle: with a flipped bit it is refused or holds other entries") {
  test::for_each_bit_flip(encode_bundle(sample_entries()), [](ByteView flipped, std::size_t) {
    const auto entries = decode_bundle(flipped, 4);
    if (!entries) return;
    CHECK(*entries != sample_entries());
    CHECK(equal(encode_bundle(*entries), flipped));
  });
}

}  // namespace muniment
