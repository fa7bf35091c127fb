// The hashes of a pack's shards, which are one full C2SP tile, and the root over them, which is the
// pack's id. No key is needed for any of it.
#pragma once

#include <array>

#include "vault/pack/format.hpp"

namespace muniment {

// RFC 9162 leaf hashes of the shards of one body.
using PackTile = std::array<Sha256Digest, pack_format::shards>;

// `body` is the whole body of a pack.
[[nodiscard]] Sha256Digest hash_shard(ByteView body, std::size_t shard);
[[nodiscard]] PackTile hash_shards(ByteView body);

// As hash_shards, a few shards at a time, by somebody who has just had their bytes in the cache.
class ShardHashes {
 public:
  // `body` must outlive it.
  explicit ShardHashes(ByteView body) noexcept : x_body(body) {}

  // Hashes the shards that end at or before this offset and were not hashed yet.
  void advance_to(std::size_t offset);
  // Hashes the rest.
  [[nodiscard]] const PackTile& finish();

 private:
  ByteView x_body;
  std::size_t x_next = 0;
  PackTile x_tile;
};
[[nodiscard]] PackId pack_id(const PackTile& tile);

// pack_format::tile_bytes bytes.
void encode_pack_tile(const PackTile& tile, MutableByteView target);
[[nodiscard]] PackTile decode_pack_tile(ByteView bytes);

}  // namespace muniment
