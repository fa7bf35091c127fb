// The newest part of an access log, in two copies that hold the same: `log` and `log.2`. What is
// older stands in C2SP tiles and bundles; here is the edge of the tree over it, so that a log of
// any length is opened by reading a few hundred entries. FORMAT.md §1.
#pragma once

#include "vault/ledger/ledger.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment {

struct AccessTail {
  std::uint64_t base = 0;            // entries before the tail, a multiple of 256
  Frontier before;                   // the tree over these
  std::vector<std::string> entries;  // from `base` on, all of them committed
  Frontier frontier;                 // the tree over all
  SignedNote checkpoint;
  std::size_t commits = 0;  // in the tail, the newest included
  std::size_t newest = 0;   // where that began in the file, when it was loaded
  Bytes content;            // of a copy's file, up to the end of the newest commit
  // Copies whose file is not just this, be it damage or an unfinished append.
  CopySet unlike;
  // What of it is damage.
  std::vector<LedgerDamage> damage;

  [[nodiscard]] std::uint64_t size() const noexcept { return base + entries.size(); }
};

enum class TailDepth {
  quick,        // of the second copy only the newest commit, unless something is wrong
  both_copies,  // both are read
};

// Empty if there is no log yet. Error(damaged) if neither copy, nor both together, hold a log that
// `log` signed; Error(unsupported) for another format version.
[[nodiscard]] std::optional<AccessTail> load_access_tail(FileSystem& files,
                                                         const FileSystem::Path& directory,
                                                         const LedgerName& name,
                                                         const VerifyKey<LogPurpose>& log,
                                                         TailDepth depth);

// As above, and where that is an Error(damaged), the longest log that either copy begins with and
// that was signed. Empty also if there is none.
[[nodiscard]] std::optional<AccessTail> salvage_access_tail(FileSystem& files,
                                                            const FileSystem::Path& directory,
                                                            const LedgerName& name,
                                                            const VerifyKey<LogPurpose>& log);

// Which log the files in `directory` say they are, whether or not that is true. Empty if there is
// none, or none of them can be read.
[[nodiscard]] std::optional<LedgerName> find_access_log_name(FileSystem& files,
                                                             const FileSystem::Path& directory);

// The file of a tail that begins after `before` and holds `entries` under `checkpoint`.
[[nodiscard]] Bytes encode_access_tail(const LedgerName& name, const Frontier& before,
                                       std::span<const std::string> entries,
                                       const SignedNote& checkpoint);

// Replaces both copies, the second one first, each whole and synced.
void write_access_tail(FileSystem& files, const FileSystem::Path& directory, ByteView content);

// "access log", for messages.
inline constexpr std::string_view access_log_label = "access log";

}  // namespace muniment
