// Says what is wrong with the file of a pack and puts it right. Needs no key: the id fixes every
// byte.
#pragma once

#include <vector>

#include "vault/pack/format.hpp"

namespace muniment {

enum class PackCondition {
  intact,    // exactly the file that the id names
  healable,  // damaged, but every byte could be computed
  lost,      // more is damaged than parity can rebuild, or it is not this pack's file at all
};

struct PackExamination {
  PackCondition condition = PackCondition::lost;
  // Shards and tile entries that are missing or not what they were, ascending. Exact unless the
  // pack is lost; then the shards are those that are surely gone, and empty if that cannot be told.
  std::vector<std::size_t> damaged_shards;
  std::vector<std::size_t> damaged_tile_entries;
  // Lost, because the file is intact, but under the wrong name: this one is its own.
  std::optional<PackId> other;
  // The whole file as it was, if healable; else empty.
  Bytes healed;
};

// `file` may be anything: truncated, overlong or foreign. Takes bounded time: at most about that of
// hashing 64 MiB.
[[nodiscard]] PackExamination examine_pack(ByteView file, const PackId& id);

}  // namespace muniment
