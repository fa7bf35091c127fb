// The folder forks/: a proof for each ledger of which this vault saw two histories. A file is the
// text of a ForkEntry (consortium/FORMAT.md §11), which anybody can check who has nothing else.
#pragma once

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/consortium/consortium.hpp"
#include "vault/consortium/fork.hpp"

namespace muniment {

// Where the proof for a ledger is kept.
[[nodiscard]] std::filesystem::path fork_path(const std::filesystem::path& vault,
                                              const LedgerId& ledger);

// The first proof for a ledger stays.
void save_fork(FileSystem& files, const std::filesystem::path& vault, const ForkEntry& fork);

// Two charters of one number, both approved, as a file `charter-<number>-<digits of the other's
// hash>` beside the others.
void save_fork(FileSystem& files, const std::filesystem::path& vault, const CharterFork& fork);
[[nodiscard]] std::filesystem::path fork_path(const std::filesystem::path& vault,
                                              const CharterFork& fork);

// The proofs for ledgers. What is no proof is ignored.
[[nodiscard]] std::vector<ForkEntry> list_forks(FileSystem& files,
                                                const std::filesystem::path& vault);

}  // namespace muniment
