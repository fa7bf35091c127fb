#include "vault/snapshot/source.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <unordered_map>

#include "vault/base/error.hpp"
#include "vault/base/handle.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/text.hpp"
#include "vault/snapshot/twins.hpp"

namespace muniment {

namespace {

struct Listed {
  std::string name;
  bool directory = false;
};

bool is_directory(int parent, const dirent& found) {
  if (found.d_type != DT_UNKNOWN) return found.d_type == DT_DIR;
  struct stat status{};
  return ::fstatat(parent, found.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

// Everything in the directory but "." and "..". Sets errno and returns nothing if it cannot be
// listed.
std::optional<std::vector<Listed>> list(int directory) {
  const int copy = ::openat(directory, ".", directory_flags);
  if (copy < 0) return std::nullopt;
  const Handle<DIR, ::closedir> stream(::fdopendir(copy));
  if (!stream) {
    ::close(copy);
    return std::nullopt;
  }
  std::vector<Listed> names;
  while (true) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    names.push_back({std::string(name), is_directory(directory, *found)});
  }
  if (errno != 0) return std::nullopt;
  return names;
}

std::string reason(int error_number) {
  if (error_number == ENOENT) return "vanished while it was being read";
  return std::strerror(error_number);
}

ModificationTime modification_time(const struct stat& status) {
  return {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
}

const char* special_kind(mode_t mode) {
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

void describe(const struct stat& status, Found& found) {
  found.has_entry = true;
  found.time = modification_time(status);
  if (S_ISDIR(status.st_mode)) {
    found.kind = EntryKind::directory;
  } else if (S_ISLNK(status.st_mode)) {
    found.kind = EntryKind::symlink;
  } else {
    found.size = static_cast<std::uint64_t>(status.st_size);
    found.executable = (status.st_mode & S_IXUSR) != 0;
    found.hard_linked = status.st_nlink > 1;
  }
}

void read_link(int directory, const char* name, Found& found) {
  std::string target(limits::path_bytes_max + 1, '\0');
  const ssize_t size = ::readlinkat(directory, name, target.data(), target.size());
  if (size < 0) {
    found.problem = reason(errno);
  } else if (size == 0 || static_cast<std::size_t>(size) > limits::path_bytes_max) {
    found.problem = "its target is empty or longer than 4,096 bytes";
  } else {
    target.resize(static_cast<std::size_t>(size));
    found.link_target = std::move(target);
  }
  found.has_entry = found.problem.empty();
}

bool stores_contents(const std::filesystem::path& path) {
  const std::filesystem::path last = path.filename();
  return path == path.root_path() || last == "." || last == "..";
}

}  // namespace

Descriptor open_found(const Found& found, std::string& problem) {
  const int folder = found.folder ? found.folder->get() : AT_FDCWD;
  // O_NONBLOCK, since what was a file a moment ago may be a FIFO now.
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(::openat(folder, found.name.c_str(), flags));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    problem = reason(errno);
    return {};
  }
  if (!S_ISREG(status.st_mode)) {
    problem = "replaced while it was being read";
    return {};
  }
  return file;
}

bool changed_since(const Found& found, const Descriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return true;
  return static_cast<std::uint64_t>(status.st_size) != found.size ||
         modification_time(status) != found.time;
}

TreeScan::TreeScan(std::span<const std::filesystem::path> paths,
                   const std::filesystem::path& left_out, const Exclusion* exclusion)
    : x_exclusion(exclusion) {
  struct stat status{};
  if (!left_out.empty() && ::stat(left_out.c_str(), &status) == 0) {
    x_left_out = {status.st_dev, status.st_ino};
  }
  x_levels.emplace_back();
  for (const auto& path : paths) add_root(path);
  auto& items = x_levels.front().items;
  std::ranges::sort(items, {}, &Item::key);
  const auto twice = std::ranges::adjacent_find(items, {}, &Item::key);
  if (twice != items.end()) {
    throw Error(ErrorCode::usage,
                "two of the paths would be stored under the name '" + escape(twice->key) + "'",
                "ingest them into two snapshots, or ingest the folder above both");
  }
  report_twins(x_levels.front());
}

void TreeScan::add_root(const std::filesystem::path& path) {
  // "folder/" means "folder", but a trailing slash follows a link.
  const bool slash = !path.has_filename() && path != path.root_path();
  const std::filesystem::path named = slash ? path.parent_path() : path;
  struct stat status{};
  const int flags = slash || stores_contents(named) ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) {
    const int error_number = errno;
    if (error_number != ENOENT) throw io_error(escape(path.native()), "look at", error_number);
    throw Error(ErrorCode::not_found, escape(path.native()) + ": there is no such file or folder");
  }

  Items& items = x_levels.front().items;
  const Exclusion::Place place = place_of(stores_contents(named) ? path : named.parent_path());
  if (!stores_contents(named)) {
    add(items, place, {named.filename().native(), false, slash ? path : named},
        S_ISDIR(status.st_mode));
    return;
  }
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::optional<std::vector<Listed>> names;
  if (directory) names = list(directory.get());
  if (!names) throw io_error(escape(path.native()), "list", errno);
  Items contents;
  for (Listed& listed : *names) {
    add(contents, place, {listed.name, false, path / listed.name}, listed.directory);
  }
  keep_tag_only(directory.get(), contents);
  std::ranges::move(contents, std::back_inserter(items));
}

// Of the folder `folder`, empty for the working directory.
Exclusion::Place TreeScan::place_of(const std::filesystem::path& folder) const {
  if (x_exclusion == nullptr) return {};
  return x_exclusion->place_of(folder.empty() ? "." : folder);
}

// Adds a name and, if it is a directory, where its contents sort; neither if it is excluded.
// `place` is the parent's.
void TreeScan::add(Items& items, const Exclusion::Place& place, Item item, bool directory) {
  if (x_exclusion != nullptr && x_exclusion->excludes(x_exclusion->enter(place, item.key))) {
    ++x_excluded;
    return;
  }
  if (directory) items.push_back({item.key + '/', true, item.location});
  items.push_back(std::move(item));
}

void TreeScan::keep_tag_only(int directory, Items& items) {
  const FolderTag* tag = x_exclusion == nullptr ? nullptr : x_exclusion->find_tag(directory);
  if (tag == nullptr) return;
  std::erase_if(items, [&](const Item& item) {
    if (item.key == tag->name) return false;
    if (!item.descend) ++x_excluded;
    return true;
  });
}

std::optional<Found> TreeScan::next() {
  while (!x_levels.empty()) {
    Level& level = x_levels.back();
    if (level.next == level.items.size()) {
      x_levels.pop_back();
      continue;
    }
    const Item& item = level.items[level.next++];
    if (!item.descend) {
      std::optional<Found> found = look(level, item);
      if (found) return found;
      ++x_excluded;
      continue;
    }

    const std::string stored = level.stored + item.key.substr(0, item.key.size() - 1);
    std::string problem = enter(level, item);
    if (!problem.empty()) {
      Found found;
      found.path = stored;
      found.problem = std::move(problem);
      return found;
    }
  }
  return std::nullopt;
}

// Pushes the level of the directory `item`; says why where it cannot. Invalidates `parent` and
// `item`.
std::string TreeScan::enter(const Level& parent, const Item& item) {
  const std::string name = item.key.substr(0, item.key.size() - 1);
  Level level;
  level.stored = parent.stored + item.key;
  Descriptor directory;
  if (x_levels.size() == 1) {
    const bool follow = !item.location.has_filename();
    directory = Descriptor(
        ::open(item.location.c_str(), follow ? directory_flags & ~O_NOFOLLOW : directory_flags));
    if (!directory) return "its contents cannot be read: " + reason(errno);
    x_root = Descriptor(::openat(directory.get(), ".", directory_flags));
    level.relative = ".";
    if (x_exclusion != nullptr) {
      const auto& at = follow ? item.location.parent_path() : item.location;
      level.place = x_exclusion->enter(place_of(at.parent_path()), name);
    }
  } else {
    level.relative = parent.relative + '/' + name;
    directory = Descriptor(::openat(directory_of(parent), name.c_str(), directory_flags));
    if (!directory) return "its contents cannot be read: " + reason(errno);
    if (x_exclusion != nullptr) level.place = x_exclusion->enter(parent.place, name);
  }
  struct stat status{};
  if (x_left_out && ::fstat(directory.get(), &status) == 0 &&
      x_left_out == std::pair(status.st_dev, status.st_ino)) {
    return "it is this vault, which does not hold itself";
  }
  std::optional<std::vector<Listed>> names = list(directory.get());
  if (!names) return "its contents cannot be read: " + reason(errno);

  level.items.reserve(names->size());
  for (Listed& listed : *names) {
    add(level.items, level.place, {std::move(listed.name), false, {}}, listed.directory);
  }
  keep_tag_only(directory.get(), level.items);
  std::ranges::sort(level.items, {}, &Item::key);
  report_twins(level);
  x_levels.push_back(std::move(level));
  x_current = std::make_shared<const Descriptor>(std::move(directory));
  x_current_depth = x_levels.size();
  return {};
}

// The descriptor of the directory whose names `level` holds; `level` must be the deepest.
int TreeScan::directory_of(const Level& level) {
  if (x_levels.size() == 1) return AT_FDCWD;
  if (x_current_depth != x_levels.size()) {
    x_current = std::make_shared<const Descriptor>(
        ::openat(x_root.get(), level.relative.c_str(), directory_flags));
    x_current_depth = x_levels.size();
  }
  return x_current->get();
}

std::optional<Found> TreeScan::look(const Level& level, const Item& item) {
  Found found;
  found.path = level.stored + item.key;
  if (found.path.size() > limits::path_bytes_max) {
    found.problem = "its path is longer than 4,096 bytes";
    return found;
  }
  const int directory = directory_of(level);
  const std::string& name = item.location.empty() ? item.key : item.location.native();
  const bool follow = !item.location.empty() && !item.location.has_filename();
  struct stat status{};
  if (::fstatat(directory, name.c_str(), &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    found.problem = reason(errno);
    return found;
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)) {
    found.problem = std::string(special_kind(status.st_mode)) + ", which a vault does not hold";
    return found;
  }
  describe(status, found);
  const bool too_large = found.kind == EntryKind::file && x_exclusion != nullptr &&
                         x_exclusion->larger_than && found.size > *x_exclusion->larger_than;
  if (too_large) return std::nullopt;
  if (found.kind == EntryKind::symlink) read_link(directory, name.c_str(), found);
  if (found.kind == EntryKind::file) {
    if (x_levels.size() > 1) found.folder = x_current;
    found.name = name;
  }
  return found;
}

void TreeScan::report_twins(const Level& level) {
  std::unordered_map<std::string, std::string> seen;
  for (const Item& item : level.items) {
    if (item.descend) continue;
    std::string normal = normalise_nfc(item.key);
    // Most names are their own normal form; only the others, and what they collide with, cost
    // memory.
    if (normal == item.key) continue;
    const auto& items = level.items;
    const auto plain = std::ranges::lower_bound(items, normal, {}, &Item::key);
    const bool is_there = plain != items.end() && plain->key == normal;
    const auto [twin, fresh] = seen.emplace(normal, is_there ? normal : item.key);
    if (fresh && !is_there) continue;
    x_twins.push_back(escape(level.stored + twin->second) + " and " +
                      escape(level.stored + item.key));
  }
}

}  // namespace muniment
