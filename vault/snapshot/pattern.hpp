// Patterns that choose paths, with restic's meaning. A pattern is names with '/' between them, each
// a Glob; a name '**' is any number of names, none included. It matches a path that has such names
// one behind the other, and everything below. With a '/' before it, it must begin at the root. One
// with '!' before it takes back what the ones before it chose.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/snapshot/glob.hpp"

namespace muniment {

inline constexpr std::size_t pattern_bytes_max = 4096;

// All patterns are followed at once, a name at a time, so that a walk through a tree pays for each
// name once, and no pattern can cost more than its length allows.
class PatternList {
 public:
  // How far each pattern has come on the way to a path.
  struct Position {
    std::vector<std::uint32_t> active;  // names of the patterns that may come next, sorted
    std::vector<bool> matched;          // by pattern
  };

  // Error(usage) naming a pattern that is malformed, empty or longer than pattern_bytes_max.
  PatternList(std::span<const std::string> patterns, LetterCase letter_case);

  // At the root.
  [[nodiscard]] Position start() const;
  // In the folder of this absolute, normal path, which was asked for by name: that a folder on the
  // way to it is called what a pattern without a leading '/' wants chooses nothing yet.
  [[nodiscard]] Position start_in(const std::filesystem::path& folder) const;
  [[nodiscard]] Position enter(const Position& parent, std::string_view name) const;
  [[nodiscard]] bool chooses(const Position& position) const;

 private:
  struct Part {
    std::size_t pattern = 0;
    bool any_depth = false;
    bool last = false;
    Glob glob;
  };
  struct Pattern {
    std::uint32_t first = 0;  // of x_parts
    bool at_root = false;
    bool takes_back = false;
  };

  void add(const std::string& text);
  void activate(std::uint32_t part, Position& position) const;

  LetterCase x_letter_case;
  std::vector<Part> x_parts;
  std::vector<Pattern> x_patterns;
};

// For a caller that has whole paths: names with '/' between them, from the root.
[[nodiscard]] bool chooses(const PatternList& patterns, std::string_view path);

}  // namespace muniment
