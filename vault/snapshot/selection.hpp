// Which objects of a snapshot a restore writes, as its patterns say. Paths are relative to what is
// restored, so that a leading '/' in a pattern means its top.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/snapshot/pattern.hpp"
#include "vault/snapshot/reader.hpp"

namespace muniment {

// How much of each entry's path is not restored: of the subtree at `path` a folder gives its
// contents, anything else keeps its last component.
[[nodiscard]] std::size_t unrestored_prefix(const Reader& reader, std::string_view path);

struct PatternChoice {
  std::vector<PatternList> include;  // none: everything
  std::vector<PatternList> exclude;  // also what is below
};

// One walk over entries in path order. Not thread-safe.
class Selection {
 public:
  // `path` is relative, never empty.
  using Visitor = std::function<void(const Entry& entry, const std::string& path)>;

  // `choice` must outlive it.
  explicit Selection(const PatternChoice& choice) : x_choice(choice) {}

  // Visits the entry if it is chosen, and before it the folders above that were not.
  void take(const Entry& entry, const std::string& path, const Visitor& visit);

 private:
  // How far the lists of the choice have come, include before exclude.
  using Place = std::vector<PatternList::Position>;
  struct Folder {
    Entry entry;
    std::string path;
    Place place;
    bool left_out = false;
    bool visited = false;
  };

  [[nodiscard]] Place top() const;
  [[nodiscard]] Place enter(const Place& parent, std::string_view name) const;
  [[nodiscard]] bool any(const std::vector<PatternList>& lists, const Place& place,
                         std::size_t first) const;

  const PatternChoice& x_choice;
  std::vector<Folder> x_above;  // every one's path is the beginning of the next one's
};

}  // namespace muniment
