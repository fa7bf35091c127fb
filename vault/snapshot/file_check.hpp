// Which files of which snapshots can be read, and whether they are what was taken in.
#pragma once

#include "vault/snapshot/check.hpp"

namespace muniment {

// How a file is tried.
enum class FileCheck {
  // Only what hangs together, quickly: a file of one chunk by finding it in a pack's table, one of
  // several by
  // reading it. For when every frame of every pack was found to give its chunk.
  tables,
  // Every file is read whole. For when damage is known and its extent is to be named.
  bytes,
};

struct FileCheckOptions {
  FileCheck how = FileCheck::bytes;
  // Makes each snapshot's content root again and compares it with index and ledger.
  bool content_roots = false;
};

// SNAPSHOT:PATH, or SNAPSHOT where its list of files is concerned, escaped; and what is wrong.
using DamagedFile = std::function<void(const std::string& file, const std::string& cause)>;

// Checks every file of every snapshot; what several snapshots share is read once and reported for
// each. `damaged` is called one call at a time. Returns how many files were read.
std::uint64_t check_files(const CheckContext& context, const CheckKeys& keys,
                          const FileCheckOptions& options, const DamagedFile& damaged,
                          Activity& activity);

}  // namespace muniment
