// Records that wait for the next commit, whoever makes it: how the acts of a process that has ended
// came out. They need not be on disk before anything, so nobody syncs for them. FORMAT.md §6.
#pragma once

#include "vault/audit/record.hpp"
#include "vault/base/file.hpp"
#include "vault/keyring/device_keys.hpp"
#include "vault/ledger/ledger.hpp"

namespace muniment {

// The log that they wait for, as it stood: with the next commit they are in it, or out of date.
struct WaitingPlace {
  FileSystem& files;
  const FileSystem::Path& directory;
  const LedgerName& name;
  const LogKey& key;
  std::uint64_t size = 0;
};

// What is not whole, or was left for another size, is left out.
[[nodiscard]] std::vector<AccessRecord> read_waiting(const WaitingPlace& place);
// False, and nothing happens, if more would wait than may.
[[nodiscard]] bool leave_waiting(const WaitingPlace& place, std::span<const AccessRecord> records,
                                 Random& random);
void clear_waiting(const WaitingPlace& place);

}  // namespace muniment
