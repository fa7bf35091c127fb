// A list of patterns, a line each, and behind a NUL byte a path. What is followed name by name must
// choose what a plain search for each pattern finds.
#include "vault/snapshot/pattern.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/bytes.hpp"
#include "vault/base/error.hpp"

using namespace muniment;

namespace {

using Names = std::vector<std::string>;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Row by row over the names of the pattern: which beginnings of the path, from `path` on, they
// match.
bool matches_here(const Names& pattern, std::span<const std::string> path) {
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (const std::string& part : pattern) {
    std::vector<bool> next(path.size() + 1, false);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (part == "**") {
        next[i] = reached[i] || (i > 0 && next[i - 1]);
      } else if (i > 0 && reached[i - 1]) {
        const auto glob = Glob::parse(part, LetterCase::exact);
        next[i] = glob && glob->matches(characters_of(path[i - 1], LetterCase::exact));
      }
    }
    reached = std::move(next);
  }
  return std::ranges::find(reached, true) != reached.end();
}

bool matches(std::string_view text, const Names& path) {
  const bool at_root = text.starts_with('/');
  const Names pattern = split(text, '/');
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (matches_here(pattern, std::span(path).subspan(i))) return true;
    if (at_root) break;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(std::as_bytes(std::span(data, size)));
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::vector<std::string> texts = split(input.substr(0, end), '\n');
  const Names path = split(input.substr(std::min(end + 1, input.size())), '/');
  try {
    const PatternList list(texts, LetterCase::exact);
    static_cast<void>(PatternList(texts, LetterCase::ignored));
    PatternList::Position position = list.start();
    for (const std::string& name : path) position = list.enter(position, name);

    bool expected = false;
    for (const std::string& text : texts) {
      // "." and ".." are taken out of a pattern before it is followed.
      if (("/" + text + "/").find("/.") != std::string::npos || text.find("!.") == 0) return 0;
      const bool takes_back = text.starts_with('!');
      if (matches(std::string_view(text).substr(takes_back ? 1 : 0), path)) expected = !takes_back;
    }
    VAULT_ASSERT(path.empty() || list.chooses(position) == expected);
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::usage);
  }
  return 0;
}
