// The file `damaged`: packs that are here and damaged beyond what their parity heals, as `repair`
// or munimentd found them. Partners are asked for what is missing of them; meanwhile whatever of
// them is whole stays of use. Nobody's proof: one that stands here and is intact is found to be.
// Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <set>

#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

[[nodiscard]] std::string encode_damaged_packs(const std::set<PackId>& packs);
[[nodiscard]] std::optional<std::set<PackId>> decode_damaged_packs(std::string_view text);

// Of a file that is missing, or none that we wrote: none.
[[nodiscard]] std::set<PackId> find_damaged_packs(FileSystem& files,
                                                  const std::filesystem::path& vault);
// The caller holds the vault's lock.
void save_damaged_packs(FileSystem& files, const std::filesystem::path& vault,
                        const std::set<PackId>& packs);

}  // namespace muniment
