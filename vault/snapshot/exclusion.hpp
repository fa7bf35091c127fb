// What an ingest leaves out though it lies in the folders that it was given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/snapshot/pattern.hpp"

namespace muniment {

inline constexpr std::size_t tag_header_bytes_max = 4096;

// A folder that holds a file of this name, beginning with these bytes, gives nothing but itself and
// that file.
struct FolderTag {
  std::string name;
  std::string header;  // empty: whatever the file holds
};

// The Cache Directory Tagging Specification's.
[[nodiscard]] FolderTag cache_tag();

struct Exclusion {
  // Against absolute paths, as they were given on the command line; links on the way are not
  // followed. Something is left out if any list chooses it, and nothing below it is looked at.
  std::vector<PatternList> patterns;
  std::vector<FolderTag> tags;
  std::optional<std::uint64_t> larger_than;  // files of more bytes than this

  // A place in the tree, as the pattern lists see it.
  using Place = std::vector<PatternList::Position>;
  [[nodiscard]] Place place_of(const std::filesystem::path& folder) const;
  [[nodiscard]] Place enter(const Place& parent, std::string_view name) const;
  [[nodiscard]] bool excludes(const Place& place) const;

  // The first tag that the folder open as `descriptor` has. Only regular files are read.
  [[nodiscard]] const FolderTag* find_tag(int descriptor) const;
};

}  // namespace muniment
