// C2SP tlog-tiles: the tree as files of 256 hashes, and the entries as bundles of 256. Layout and
// byte rules: FORMAT.md.
#pragma once

#include <string>

#include "vault/merkle/proof.hpp"

namespace muniment {

// Hashes in a full tile, entries in a full bundle.
inline constexpr unsigned tile_width_max = 256;
// The grammar's bound; a tree of less than 2^64 leaves has none above 7.
inline constexpr unsigned tile_level_max = 63;

// Hash i of the tile is the root over the leaves [(256·index + i)·256^level, (256·index + i +
// 1)·256^level).
struct TileId {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = tile_width_max;  // 1..256; below 256 the tile is partial

  friend auto operator<=>(const TileId&, const TileId&) = default;
};

// Entries [256·index, 256·index + width).
struct BundleId {
  std::uint64_t index = 0;
  unsigned width = tile_width_max;  // as above

  friend auto operator<=>(const BundleId&, const BundleId&) = default;
};

// `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`.
[[nodiscard]] std::string encode_path(const TileId& tile);
[[nodiscard]] std::string encode_path(const BundleId& bundle);
// Empty unless `path` is exactly what encode_path gives for some id.
[[nodiscard]] std::optional<TileId> decode_tile_path(std::string_view path);
[[nodiscard]] std::optional<BundleId> decode_bundle_path(std::string_view path);

// How wide the tile is in a tree of `size` leaves: 0 if it has no such tile, 256 if the tile is
// full. Bundles are as wide as the tiles of level 0.
[[nodiscard]] unsigned tile_width(std::uint64_t size, unsigned level, std::uint64_t index) noexcept;

// The tiles that a tree of `new_size` leaves has and one of `old_size` has not, lower levels first,
// each level from left to right: full ones, then at most one partial. Takes memory in proportion to
// the growth.
[[nodiscard]] std::vector<TileId> tiles_added(std::uint64_t old_size, std::uint64_t new_size);

// `nodes` is asked for level 8·tile.level alone.
[[nodiscard]] std::vector<Sha256Digest> tile_hashes(const TileId& tile, const NodeReader& nodes);

// The hashes one after the other, 32 bytes each.
[[nodiscard]] Bytes encode_tile(std::span<const Sha256Digest> hashes);
// Empty unless there are exactly `width` of them.
[[nodiscard]] std::optional<std::vector<Sha256Digest>> decode_tile(ByteView tile, unsigned width);

// Each entry behind its length, u16 big endian. An entry has at most limits::ledger_entry_bytes_max
// bytes.
[[nodiscard]] Bytes encode_bundle(std::span<const Bytes> entries);
// Empty unless there are exactly `width` entries and nothing after them.
[[nodiscard]] std::optional<std::vector<Bytes>> decode_bundle(ByteView bundle, unsigned width);

// Gives the hashes of a tile, `width` of them; throws if it cannot.
using TileReader = std::function<std::vector<Sha256Digest>(const TileId& tile)>;

// Reads the nodes of a tree of `size` leaves from its tiles. Believes them: what is made from
// untrusted tiles has to be verified against a checkpoint. Keeps the tile that it read last, so it
// is not to be called by several threads at once.
[[nodiscard]] NodeReader nodes_from_tiles(std::uint64_t size, TileReader tiles);

}  // namespace muniment
