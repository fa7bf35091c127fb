// Writes a snapshot, or a part of it, back to a folder. Never outside that folder, whatever the
// snapshot's names or the folder's own links say.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/activity.hpp"
#include "vault/snapshot/reader.hpp"
#include "vault/snapshot/selection.hpp"

namespace muniment {

struct RestoreOptions {
  PatternChoice choice;
  bool dry_run = false;    // look only: see RestoreReport
  bool overwrite = false;  // replace files that are there; otherwise they stay and are reported
  bool sync = false;       // flush every file and folder before returning
  unsigned threads = 0;    // 0: as many as the machine has
};

// After a dry run: what would be written, would stay and would fail, as far as that can be seen
// from the names that are there; whether a file's bytes can be had is not looked at.
struct RestoreReport {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t links = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> kept;      // existing files that stayed, by path
  std::vector<std::string> replaced;  // dry run: existing files that --overwrite would replace
  std::vector<std::string> damaged;   // files left out because their bytes cannot be had
  std::vector<std::string> failed;    // what the system refused, with its reason
};

// Restores the subtree at `path` (all for an empty one) into `destination`, which is created: a
// folder's contents, or a single file or link under its last component. Files are written beside
// their place and renamed, 0600 or 0700 with the execute bit, with their modification times;
// owners, ACLs and extended attributes were never recorded and hard links are separate files.
[[nodiscard]] RestoreReport restore(const Reader& reader, std::string_view path,
                                    const std::filesystem::path& destination,
                                    const RestoreOptions& options, Activity& activity);

}  // namespace muniment
