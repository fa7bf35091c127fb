// What changed between two snapshots, in path order, without opening a single file.
#pragma once

#include <functional>

#include "vault/base/activity.hpp"
#include "vault/snapshot/reader.hpp"

namespace muniment {

enum class Change {
  added,
  removed,
  content,   // the bytes of a file, the target of a link, or the kind
  metadata,  // only the time or the execute bit
};

// `before` is null for what was added, `after` for what was removed. Paths are relative to the two
// roots that are compared, so that a folder can be compared with its renamed self.
struct Difference {
  Change change = Change::added;
  std::string path;
  const Entry* before = nullptr;
  const Entry* after = nullptr;
};

using DiffVisitor = std::function<void(const Difference&)>;

// Compares the subtrees at the two paths; an empty path means the whole snapshot. Error(not_found)
// if a path is not there.
void diff(Reader& before, std::string_view before_path, Reader& after, std::string_view after_path,
          const DiffVisitor& visitor, Activity& activity);

}  // namespace muniment
