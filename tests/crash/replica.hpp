// A vault as a replica without any key sees it: what its ledgers commit to, and whether all of that
// is there. Reads the formats by itself, as far as it goes: nothing is healed, one copy is enough.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "vault/pack/format.hpp"

namespace muniment::test {

struct ReplicaView {
  std::size_t snapshots = 0;
  // Packs that ledgers list, and their sizes.
  std::map<PackId, PackClass> listed;
  // Whole packs that none lists.
  std::map<PackId, PackClass> unlisted;
  // Ledgers of which each copy ends with the newest checkpoint.
  bool copies_are_equal = true;
  // A checkpoint that is not over just the entries before it, or not signed by a certified device;
  // a listed pack that is missing or has a shard that does not hash to what the id says.
  std::vector<std::string> faults;
};

[[nodiscard]] ReplicaView view_as_replica(const std::filesystem::path& vault);

}  // namespace muniment::test
