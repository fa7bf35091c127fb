// The file `access-log`: which access log this device writes since it was put back to an older
// state, and which it wrote before. A checkpoint of a log is never signed twice with different
// entries: who may have forgotten some goes on in another log, whose name was never used, and which
// says what it follows. Layout: audit/FORMAT.md §7.
#pragma once

#include <filesystem>

#include "vault/audit/entry.hpp"
#include "vault/base/file.hpp"
#include "vault/crypto/random.hpp"

namespace muniment {

struct AccessLogs {
  CollectionId present = access_collection();
  std::vector<AccessFollows> ended;  // the newest first
};

// Those of a device that was never put back if there is no file. Error(damaged) if it is not whole:
// then nobody knows which log to go on with.
[[nodiscard]] AccessLogs find_access_logs(FileSystem& files, const std::filesystem::path& vault);
void save_access_logs(FileSystem& files, const std::filesystem::path& vault,
                      const AccessLogs& logs);

// Ends the present log, of which `last` is the largest checkpoint that is known, if any is.
[[nodiscard]] AccessLogs begin_another(const AccessLogs& logs, const LedgerName& present,
                                       const std::optional<SignedNote>& last, Random& random);

// Takes in that a log which has ended had `note`, its checkpoint. False if a larger one is known,
// or it is none of these.
[[nodiscard]] bool note_end(AccessLogs& logs, const LedgerName& name, const SignedNote& note);

}  // namespace muniment
