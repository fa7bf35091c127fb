// Walks the user's folders in manifest order and opens what was found, following no link and
// trusting no name.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vault/base/descriptor.hpp"
#include "vault/snapshot/entry.hpp"
#include "vault/snapshot/exclusion.hpp"

namespace muniment {

// One object of the tree. If `problem` is not empty it cannot be taken in (a FIFO, a device, no
// permission, vanished meanwhile), and only `path` counts; a directory that cannot be listed has
// both an entry and a problem.
struct Found {
  std::string path;
  std::string problem;
  bool has_entry = false;
  EntryKind kind = EntryKind::file;
  std::uint64_t size = 0;
  ModificationTime time;
  bool executable = false;
  bool hard_linked = false;
  std::string link_target;
  // Of a regular file: where it can be opened, by any thread; null for the working directory.
  std::shared_ptr<const Descriptor> folder;
  std::string name;  // in `folder`
};

// Opens what was found as a regular file, for reading. Where it cannot, sets `problem` to why and
// returns a closed one.
[[nodiscard]] Descriptor open_found(const Found& found, std::string& problem);

// Whether the file, open as `file`, is no longer what was found.
[[nodiscard]] bool changed_since(const Found& found, const Descriptor& file);

// Yields every object below the given paths in the byte order of their stored paths: each path is
// stored under its last component; one that ends in "." or "..", and "/", gives its contents. Not
// thread-safe. Holds few descriptors and one directory's names per level, however large the tree.
class TreeScan {
 public:
  // Error(usage) if two paths would be stored under one name; Error(not_found) or Error(io) if one
  // cannot be read. The directory `left_out`, where there is one, is a problem wherever it is met:
  // the vault itself. `exclusion`, where there is one, must outlive the scan; what it excludes is
  // counted and neither opened nor reported.
  explicit TreeScan(std::span<const std::filesystem::path> paths,
                    const std::filesystem::path& left_out = {},
                    const Exclusion* exclusion = nullptr);

  // Empty at the end.
  [[nodiscard]] std::optional<Found> next();

  // Stored paths seen so far that are one after Unicode normalisation (NFC), though they differ as
  // bytes: a file system that normalises could hold only one of them.
  [[nodiscard]] const std::vector<std::string>& twins() const noexcept { return x_twins; }

  // Objects left out so far; a folder is one, whatever it holds.
  [[nodiscard]] std::uint64_t excluded() const noexcept { return x_excluded; }

 private:
  // A name in a directory. A directory stands in the list twice: as itself, and, with `descend`,
  // where its contents sort.
  struct Item {
    std::string key;  // the name; with '/' behind it if `descend`
    bool descend = false;
    std::filesystem::path location;  // of a root; else empty
  };
  using Items = std::vector<Item>;
  struct Level {
    std::string stored;    // path of the directory as stored, with '/' behind it; empty at the top
    std::string relative;  // to the root that it lies in
    Exclusion::Place place;
    Items items;
    std::size_t next = 0;
  };

  void add_root(const std::filesystem::path& path);
  [[nodiscard]] Exclusion::Place place_of(const std::filesystem::path& folder) const;
  void add(Items& items, const Exclusion::Place& place, Item item, bool directory);
  void keep_tag_only(int directory, Items& items);
  [[nodiscard]] std::string enter(const Level& parent, const Item& item);
  // Empty if it is excluded.
  [[nodiscard]] std::optional<Found> look(const Level& level, const Item& item);
  void report_twins(const Level& level);
  [[nodiscard]] int directory_of(const Level& level);

  std::vector<Level> x_levels;
  const Exclusion* x_exclusion;
  std::uint64_t x_excluded = 0;
  std::optional<std::pair<dev_t, ino_t>> x_left_out;
  Descriptor x_root;  // the directory root that the walk is in
  // The directory of the deepest level, reopened after a return.
  std::shared_ptr<const Descriptor> x_current;
  std::size_t x_current_depth = 0;
  std::vector<std::string> x_twins;
};

}  // namespace muniment
