#include "vault/pack/tile.hpp"

#include "vault/base/assert.hpp"
#include "vault/merkle/tree.hpp"

namespace muniment {

Sha256Digest hash_shard(ByteView body, std::size_t shard) {
  VAULT_ASSERT(body.size() % pack_format::shards == 0);
  const std::size_t size = body.size() / pack_format::shards;
  return leaf_hash(body.subspan(shard * size, size));
}

PackTile hash_shards(ByteView body) {
  return ShardHashes(body).finish();
}

void ShardHashes::advance_to(std::size_t offset) {
  const std::size_t end = std::min(offset, x_body.size()) * x_tile.size() / x_body.size();
  for (; x_next < end; ++x_next) x_tile[x_next] = hash_shard(x_body, x_next);
}

const PackTile& ShardHashes::finish() {
  advance_to(x_body.size());
  return x_tile;
}

PackId pack_id(const PackTile& tile) {
  return PackId(merkle_root(tile).view().first<PackId::size>());
}

void encode_pack_tile(const PackTile& tile, MutableByteView target) {
  VAULT_ASSERT(target.size() == pack_format::tile_bytes);
  for (std::size_t i = 0; i < tile.size(); ++i) {
    std::ranges::copy(tile[i].view(), target.subspan(i * Sha256Digest::size).begin());
  }
}

PackTile decode_pack_tile(ByteView bytes) {
  VAULT_ASSERT(bytes.size() == pack_format::tile_bytes);
  PackTile tile;
  for (std::size_t i = 0; i < tile.size(); ++i) {
    const ByteView rest = bytes.subspan(i * Sha256Digest::size);
    tile[i] = Sha256Digest(rest.first<Sha256Digest::size>());
  }
  return tile;
}

}  // namespace muniment
