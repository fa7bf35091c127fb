#include "vault/snapshot/pattern.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

// Without empty names and ".", and with ".." taking back the one before it.
std::vector<std::string_view> split(std::string_view text, bool at_root) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (!names.empty() && names.back() != "..") {
      names.pop_back();
    } else if (!at_root) {
      names.push_back(name);
    }
  }
  return names;
}

Error refusal(const std::string& text, const std::string& why) {
  return {ErrorCode::usage, "pattern " + escape(text) + ": " + why,
          "names with '/' between them; * ? [a-z] and ** stand for others, \\ takes one literally"};
}

}  // namespace

PatternList::PatternList(std::span<const std::string> patterns, LetterCase letter_case)
    : x_letter_case(letter_case) {
  for (const std::string& text : patterns) add(text);
}

void PatternList::add(const std::string& text) {
  if (text.size() > pattern_bytes_max) {
    throw refusal(text.substr(0, 64) + "...", "longer than 4,096 bytes");
  }
  std::string_view rest = text;
  Pattern pattern;
  pattern.first = static_cast<std::uint32_t>(x_parts.size());
  pattern.takes_back = rest.starts_with('!');
  if (pattern.takes_back) rest.remove_prefix(1);
  pattern.at_root = rest.starts_with('/');
  const std::vector<std::string_view> names = split(rest, pattern.at_root);
  if (names.empty()) throw refusal(text, "has no name in it");
  for (const std::string_view& name : names) {
    Part part{x_patterns.size(), name == "**", &name == &names.back(), {}};
    if (!part.any_depth) {
      std::optional<Glob> glob = Glob::parse(name, x_letter_case);
      if (!glob) throw refusal(text, "a set is not closed or is empty, or a \\ stands at the end");
      part.glob = std::move(*glob);
    }
    x_parts.push_back(std::move(part));
  }
  x_patterns.push_back(pattern);
}

// The part may come next, and so may those behind it if it is satisfied with nothing.
void PatternList::activate(std::uint32_t part, Position& position) const {
  while (true) {
    position.active.push_back(part);
    if (!x_parts[part].any_depth) return;
    if (x_parts[part].last) {
      position.matched[x_parts[part].pattern] = true;
      return;
    }
    ++part;
  }
}

PatternList::Position PatternList::start() const {
  Position position;
  position.matched.resize(x_patterns.size());
  for (const Pattern& pattern : x_patterns) activate(pattern.first, position);
  // Nothing is chosen before it has a name.
  position.matched.assign(x_patterns.size(), false);
  return position;
}

PatternList::Position PatternList::start_in(const std::filesystem::path& folder) const {
  Position position = start();
  for (const auto& name : folder.relative_path()) {
    if (!name.empty()) position = enter(position, name.native());
  }
  for (std::size_t i = 0; i < x_patterns.size(); ++i) {
    if (!x_patterns[i].at_root) position.matched[i] = false;
  }
  return position;
}

PatternList::Position PatternList::enter(const Position& parent, std::string_view name) const {
  const Characters characters = characters_of(name, x_letter_case);
  Position position;
  position.matched = parent.matched;
  for (const std::uint32_t at : parent.active) {
    const Part& part = x_parts[at];
    if (part.any_depth) {
      activate(at, position);
    } else if (part.glob.matches(characters)) {
      if (part.last) {
        position.matched[part.pattern] = true;
      } else {
        activate(at + 1, position);
      }
    }
  }
  for (const Pattern& pattern : x_patterns) {
    if (!pattern.at_root) activate(pattern.first, position);
  }
  std::ranges::sort(position.active);
  const auto repeated = std::ranges::unique(position.active);
  position.active.erase(repeated.begin(), repeated.end());
  return position;
}

bool PatternList::chooses(const Position& position) const {
  bool chosen = false;
  for (std::size_t i = 0; i < x_patterns.size(); ++i) {
    if (position.matched[i]) chosen = !x_patterns[i].takes_back;
  }
  return chosen;
}

bool chooses(const PatternList& patterns, std::string_view path) {
  PatternList::Position position = patterns.start();
  for (const std::string_view name : split(path, true)) position = patterns.enter(position, name);
  return patterns.chooses(position);
}

}  // namespace muniment
