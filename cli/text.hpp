// How facts are written for people and in JSON alike.
#pragma once

#include <string>
#include <string_view>

#include "vault/vault.hpp"

namespace muniment {

// "2026-03-01T12:00:00Z"; with the fraction as far as it is not zero. A year that no calendar here
// has becomes
// "@<seconds>".
[[nodiscard]] std::string utc_time(UnixSeconds seconds);
[[nodiscard]] std::string utc_time(const ModificationTime& time);

// "2027-03-01", the beginning of that day in UTC. Error(usage) if it is none.
[[nodiscard]] UnixSeconds parse_date(const std::string& text);

// "file", "directory", "symlink".
[[nodiscard]] std::string_view kind_name(EntryKind kind) noexcept;

// "1 file", "2 files", "2 entries".
[[nodiscard]] std::string count_of(std::uint64_t count, std::string_view singular);

// SNAPSHOT[:PATH] as it is typed; the path is every byte after the first colon but trailing
// slashes, empty for all of the snapshot.
struct SnapshotPath {
  SnapshotName snapshot;
  std::string path;

  // Error(usage) if it does not begin with a snapshot's name.
  [[nodiscard]] static SnapshotPath parse(std::string_view text);
};

}  // namespace muniment
