// The file `charters`: which charters were in force here. A ledger can gain a second charter of an
// old number at any time, by whoever had enough keys then, the founder alone for number 2; what was
// adopted once is never taken back. Layout: FORMAT.md.
#pragma once

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/consortium/approval.hpp"

namespace muniment {

struct AdoptedCharters {
  std::vector<CharterRef> charters;  // from number 1 on
  bool damaged = false;              // then none are known
};

// None of a vault that was of another consortium when it was written.
[[nodiscard]] AdoptedCharters find_adopted(FileSystem& files, const std::filesystem::path& vault,
                                           const ConsortiumId& consortium);
void save_adopted(FileSystem& files, const std::filesystem::path& vault,
                  const ConsortiumId& consortium, std::span<const CharterRef> charters);

}  // namespace muniment
