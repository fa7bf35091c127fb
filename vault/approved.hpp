// The file `approved`: which texts of charters to come this vault's member approved here. Whoever
// approves two of one number may bring both in force, each with some of the members, which only
// people can mend; so it is asked before.
#pragma once

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/consortium/approval.hpp"

namespace muniment {

// In the order of approving. None where the file is absent, damaged or another consortium's.
[[nodiscard]] std::vector<CharterRef> find_approved(FileSystem& files,
                                                    const std::filesystem::path& vault,
                                                    const ConsortiumId& consortium);

// Forgets those of numbers that are in force, up to `in_force`.
void add_approved(FileSystem& files, const std::filesystem::path& vault,
                  const ConsortiumId& consortium, const CharterRef& fresh, std::uint32_t in_force);

}  // namespace muniment
