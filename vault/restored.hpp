// The file `restored`: this vault was put back from a backup, and its device may have signed more
// since then, which partners saw. Signing on from the backup would be a second history. Until it is
// known what they saw, nothing is written to the device's ledgers. Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <set>

#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

// Members whose newest text was not taken in yet. Removes the file if there is none.
void save_unheard(FileSystem& files, const std::filesystem::path& vault,
                  const std::set<MemberId>& members);

// Error(damaged) if the file is not whole: what it forbids stays forbidden.
[[nodiscard]] std::set<MemberId> find_unheard(FileSystem& files,
                                              const std::filesystem::path& vault);

}  // namespace muniment
