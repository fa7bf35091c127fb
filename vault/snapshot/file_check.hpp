// Which files of which snapshots can be read, and whether they are what was taken in.
#pragma once

#include "vault/snapshot/check.hpp"

namespace muniment {

// How a file is tried.
enum class FileCheck {
  // Only what hangs together, quickly: a file of one chunk by finding it in an intact pack's table,
  // one of several by
  // reading it. For when every pack was found intact.
  tables,
  // Every file is read whole. For when damage is known and its extent is to be named.
  bytes,
};

// Checks every file of every snapshot, but those in parts of a manifest that several snapshots
// share only once. `damaged` is called, one call at a time, with SNAPSHOT:PATH (or SNAPSHOT where
// its list of files cannot be read), escaped, and the cause. Returns how many files were checked.
std::uint64_t check_files(const CheckKeys& keys, const PackStore& store, FileCheck how,
                          const std::function<void(std::string file, std::string cause)>& damaged,
                          Activity& activity);

}  // namespace muniment
