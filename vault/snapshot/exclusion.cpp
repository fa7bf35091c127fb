#include "vault/snapshot/exclusion.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "vault/base/descriptor.hpp"

namespace muniment {

namespace {

bool begins_with(int file, std::string_view header) {
  std::string read(header.size(), '\0');
  std::size_t done = 0;
  while (done < read.size()) {
    const ssize_t count =
        ::pread(file, read.data() + done, read.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return read == header;
}

bool has_tag(int folder, const FolderTag& tag) {
  struct stat status{};
  if (::fstatat(folder, tag.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (tag.header.empty()) return true;
  if (!S_ISREG(status.st_mode)) return false;
  const Descriptor file(
      ::openat(folder, tag.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  return file && begins_with(file.get(), tag.header);
}

}  // namespace

FolderTag cache_tag() {
  return {"CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"};
}

Exclusion::Place Exclusion::place_of(const std::filesystem::path& folder) const {
  Place place;
  if (patterns.empty()) return place;
  const auto absolute = std::filesystem::absolute(folder).lexically_normal();
  for (const PatternList& list : patterns) place.push_back(list.start_in(absolute));
  return place;
}

Exclusion::Place Exclusion::enter(const Place& parent, std::string_view name) const {
  Place place;
  place.reserve(patterns.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    place.push_back(patterns[i].enter(parent[i], name));
  }
  return place;
}

bool Exclusion::excludes(const Place& place) const {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (patterns[i].chooses(place[i])) return true;
  }
  return false;
}

const FolderTag* Exclusion::find_tag(int descriptor) const {
  for (const FolderTag& tag : tags) {
    if (has_tag(descriptor, tag)) return &tag;
  }
  return nullptr;
}

}  // namespace muniment
