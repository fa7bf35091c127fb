// Failed unlocks, which happen when no log key is open: entries that wait for the next append.
// FORMAT.md §5.
#pragma once

#include <string>
#include <vector>

#include "vault/base/file.hpp"

namespace muniment {

// The entries that wait; what is not whole is left out.
[[nodiscard]] std::vector<std::string> read_spool(FileSystem& files,
                                                  const FileSystem::Path& directory);
void clear_spool(FileSystem& files, const FileSystem::Path& directory);

}  // namespace muniment
