#include "vault/snapshot/selection.hpp"

#include <algorithm>

namespace muniment {

namespace {

// True if something below `folder` may still come once `path` has: '/' does not sort first, so that
// "a.b" stands between "a" and "a/b".
bool may_go_on(const std::string& folder, const std::string& path) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] <= '/';
}

bool is_above(const std::string& folder, const std::string& path) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

}  // namespace

std::size_t unrestored_prefix(const Reader& reader, std::string_view path) {
  const std::optional<Entry> top = path.empty() ? std::nullopt : reader.find(path);
  if (top && top->kind == EntryKind::directory) return path.size() + 1;
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

Selection::Place Selection::top() const {
  Place place;
  for (const PatternList& list : x_choice.include) place.push_back(list.start());
  for (const PatternList& list : x_choice.exclude) place.push_back(list.start());
  return place;
}

Selection::Place Selection::enter(const Place& parent, std::string_view name) const {
  Place place;
  place.reserve(parent.size());
  const std::size_t include = x_choice.include.size();
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const PatternList& list = i < include ? x_choice.include[i] : x_choice.exclude[i - include];
    place.push_back(list.enter(parent[i], name));
  }
  return place;
}

bool Selection::any(const std::vector<PatternList>& lists, const Place& place,
                    std::size_t first) const {
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].chooses(place[first + i])) return true;
  }
  return false;
}

void Selection::take(const Entry& entry, const std::string& path, const Visitor& visit) {
  if (x_choice.include.empty() && x_choice.exclude.empty()) {
    visit(entry, path);
    return;
  }
  while (!x_above.empty() && !may_go_on(x_above.back().path, path)) x_above.pop_back();
  const auto parent =
      std::ranges::find_if(x_above.rbegin(), x_above.rend(),
                           [&](const Folder& folder) { return is_above(folder.path, path); });
  const bool at_top = parent == x_above.rend();
  Place place = at_top ? top() : parent->place;
  std::size_t begin = at_top ? 0 : parent->path.size() + 1;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    place = enter(place, std::string_view(path).substr(begin, end - begin));
    begin = end + 1;
  }

  const bool left_out =
      (!at_top && parent->left_out) || any(x_choice.exclude, place, x_choice.include.size());
  const bool chosen = !left_out && (x_choice.include.empty() || any(x_choice.include, place, 0));
  if (chosen) {
    for (Folder& folder : x_above) {
      if (folder.visited || !is_above(folder.path, path)) continue;
      visit(folder.entry, folder.path);
      folder.visited = true;
    }
    visit(entry, path);
  }
  if (entry.kind == EntryKind::directory) {
    x_above.push_back({entry, path, std::move(place), left_out, chosen});
  }
}

}  // namespace muniment
