// The file `verified`: when this vault was last verified, how deeply, and whether it was whole. A
// convenience for `status`; nobody's proof.
//
//   muniment/verified/v1
//   time <seconds since 1970>
//   depth presence|read-data|deep
//   damage <number of damaged objects>
#pragma once

#include "vault/base/clock.hpp"
#include "vault/base/file.hpp"
#include "vault/snapshot/verify.hpp"

namespace muniment {

struct LastCheck {
  UnixSeconds time = 0;
  VerifyDepth depth = VerifyDepth::presence;
  std::uint64_t damage = 0;
};

void save_last_check(FileSystem& files, const std::filesystem::path& directory,
                     const LastCheck& check);

// Empty if it was never verified, or the file does not say so properly.
[[nodiscard]] std::optional<LastCheck> find_last_check(FileSystem& files,
                                                       const std::filesystem::path& directory);

}  // namespace muniment
