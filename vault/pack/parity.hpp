// Reed-Solomon over GF(2^8)/0x11d by ISA-L: parity shard r is the sum over j of inv((248+r) XOR j)
// times data shard j, byte for byte. Any 8 shards that are known to be lost can be rebuilt.
#pragma once

#include "vault/pack/format.hpp"

namespace muniment {

// Computes the 8 parity shards at the end of `body` from the 248 data shards before them.
void encode_parity(MutableByteView body);

// Rebuilds the shards `lost` (ascending, distinct, at most 8) of `body` from all others.
void rebuild_shards(MutableByteView body, std::span<const std::size_t> lost);

}  // namespace muniment
