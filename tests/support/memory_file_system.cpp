#include "tests/support/memory_file_system.hpp"

#include <cerrno>
#include <functional>
#include <utility>
#include <variant>

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment::test {

namespace {

[[noreturn]] void fail(const FileSystem::Path& path, std::string_view action, int error_number) {
  throw io_error(escape(path.native()), action, error_number);
}

struct Write {
  std::uint64_t offset = 0;
  Bytes bytes;
};

struct Truncation {
  std::uint64_t size = 0;
};

using ContentChange = std::variant<Write, Truncation>;

void redo(Bytes& content, const ContentChange& change) {
  if (const auto* truncation = std::get_if<Truncation>(&change)) {
    content.resize(static_cast<std::size_t>(truncation->size));
    return;
  }
  const auto& write = std::get<Write>(change);
  const auto offset = static_cast<std::size_t>(write.offset);
  if (content.size() < offset + write.bytes.size()) content.resize(offset + write.bytes.size());
  std::ranges::copy(write.bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

// A file or a directory. `synced` and the changes since make what everyone sees now.
struct MemoryFileSystem::Node {
  using Entries = std::map<std::string, NodePointer>;
  // What one operation did to one directory; no node means that the name is gone.
  using EntryChanges = std::vector<std::pair<std::string, NodePointer>>;

  bool is_directory = false;
  bool locked = false;

  Bytes content;
  Bytes synced_content;
  std::vector<ContentChange> unsynced_content;

  Entries entries;
  Entries synced_entries;
  std::vector<EntryChanges> unsynced_entries;

  static void redo(Entries& target, const EntryChanges& changes) {
    for (const auto& [name, node] : changes) {
      if (node) {
        target[name] = node;
      } else {
        target.erase(name);
      }
    }
  }

  void change(ContentChange what) {
    test::redo(content, what);
    unsynced_content.push_back(std::move(what));
  }

  void change(EntryChanges what) {
    redo(entries, what);
    unsynced_entries.push_back(std::move(what));
  }

  void sync() {
    synced_content = content;
    unsynced_content.clear();
    synced_entries = entries;
    unsynced_entries.clear();
  }
};

// A name in a directory that exists; the node is null if nothing has that name.
struct MemoryFileSystem::Place {
  NodePointer directory;
  std::string name;
  NodePointer node;
};

class MemoryFileSystem::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<std::mutex> mutex, NodePointer node, Path path, bool writable)
      : x_mutex(std::move(mutex)),
        x_node(std::move(node)),
        x_path(std::move(path)),
        x_writable(writable) {}

  [[nodiscard]] std::uint64_t size() const override {
    const std::lock_guard lock(*x_mutex);
    return x_node->content.size();
  }

  using File::read_at;
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableByteView target) const override {
    const std::lock_guard lock(*x_mutex);
    const ByteView content = x_node->content;
    if (offset >= content.size()) return 0;
    const ByteView rest = content.subspan(static_cast<std::size_t>(offset));
    const ByteView taken = rest.first(std::min(rest.size(), target.size()));
    std::ranges::copy(taken, target.begin());
    return taken.size();
  }

  void write_at(std::uint64_t offset, ByteView bytes) override {
    change("write", Write{offset, Bytes(bytes.begin(), bytes.end())});
  }

  void truncate(std::uint64_t size) override { change("truncate", Truncation{size}); }

  void start_writeback() override {}

  void sync() override {
    const std::lock_guard lock(*x_mutex);
    x_node->sync();
  }

 private:
  void change(std::string_view action, ContentChange what) {
    if (!x_writable) fail(x_path, action, EBADF);
    const std::lock_guard lock(*x_mutex);
    x_node->change(std::move(what));
  }

  std::shared_ptr<std::mutex> x_mutex;
  NodePointer x_node;
  Path x_path;
  bool x_writable;
};

class MemoryFileSystem::Lock final : public FileLock {
 public:
  Lock(std::shared_ptr<std::mutex> mutex, NodePointer node)
      : x_mutex(std::move(mutex)), x_node(std::move(node)) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() override {
    const std::lock_guard lock(*x_mutex);
    x_node->locked = false;
  }

 private:
  std::shared_ptr<std::mutex> x_mutex;
  NodePointer x_node;
};

// Copies the tree as it is after a crash. What two names share before, they share after.
class MemoryFileSystem::Survivors {
 public:
  // Gives a number below its argument: how much of that many things survives.
  using Fate = std::function<std::size_t(std::size_t)>;

  explicit Survivors(Fate fate) : x_fate(std::move(fate)) {}

  NodePointer copy(const Node& before) {
    NodePointer& after = x_copies[&before];
    if (after) return after;
    after = std::make_shared<Node>();
    after->is_directory = before.is_directory;
    after->content = surviving_content(before);
    for (const auto& [name, node] : surviving_entries(before)) after->entries[name] = copy(*node);
    after->sync();
    return after;
  }

 private:
  Bytes surviving_content(const Node& before) {
    Bytes content = before.synced_content;
    for (ContentChange change : before.unsynced_content) {
      if (auto* write = std::get_if<Write>(&change)) {
        write->bytes.resize(x_fate(write->bytes.size() + 1));
        if (!write->bytes.empty()) redo(content, change);
      } else if (x_fate(2) == 1) {
        redo(content, change);
      }
    }
    return content;
  }

  Node::Entries surviving_entries(const Node& before) {
    Node::Entries entries = before.synced_entries;
    const std::size_t happened = x_fate(before.unsynced_entries.size() + 1);
    for (std::size_t i = 0; i < happened; ++i) Node::redo(entries, before.unsynced_entries[i]);
    return entries;
  }

  Fate x_fate;
  std::map<const Node*, NodePointer> x_copies;
};

MemoryFileSystem::MemoryFileSystem()
    : x_mutex(std::make_shared<std::mutex>()), x_root(std::make_shared<Node>()) {
  x_root->is_directory = true;
}

void MemoryFileSystem::crash(Unsynced fate) {
  const std::lock_guard lock(*x_mutex);
  const bool kept = fate == Unsynced::kept;
  x_root = Survivors([kept](std::size_t bound) { return kept ? bound - 1 : 0; }).copy(*x_root);
}

void MemoryFileSystem::crash(Random& fates) {
  const std::lock_guard lock(*x_mutex);
  const auto number = [&] { return fates.fixed<FixedBytes<struct FateTag, 8>>().prefix(); };
  // None and all are the likeliest, a part the most instructive: a third each.
  x_root = Survivors([&](std::size_t bound) -> std::size_t {
             switch (number() % 3) {
               case 0:
                 return 0;
               case 1:
                 return bound - 1;
               default:
                 return static_cast<std::size_t>(number() % bound);
             }
           }).copy(*x_root);
}

std::unique_ptr<File> MemoryFileSystem::find(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_file(path);
  return node ? open(node, path, false) : nullptr;
}

std::unique_ptr<File> MemoryFileSystem::open_or_create(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const Place place = place_of(path, "open");
  if (place.node) return open(find_file(path), path, true);
  const auto node = std::make_shared<Node>();
  place.directory->change(Node::EntryChanges{{place.name, node}});
  return open(node, path, true);
}

std::unique_ptr<File> MemoryFileSystem::create(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const Place place = place_of(path, "create");
  if (place.node) throw Error(ErrorCode::exists, escape(path.native()) + ": already exists");
  const auto node = std::make_shared<Node>();
  place.directory->change(Node::EntryChanges{{place.name, node}});
  return open(node, path, true);
}

void MemoryFileSystem::rename(const Path& from, const Path& to) {
  const std::lock_guard lock(*x_mutex);
  const Place source = place_of(from, "rename");
  const Place target = place_of(to, "rename");
  if (!source.node) fail(from, "rename", ENOENT);
  if (target.node && target.node->is_directory) fail(from, "rename", EISDIR);
  if (source.node == target.node) return;
  if (source.directory == target.directory) {
    source.directory->change(
        Node::EntryChanges{{source.name, nullptr}, {target.name, source.node}});
  } else {
    target.directory->change(Node::EntryChanges{{target.name, source.node}});
    source.directory->change(Node::EntryChanges{{source.name, nullptr}});
  }
}

bool MemoryFileSystem::remove(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_node(path);
  if (!node) return false;
  if (node->is_directory) fail(path, "remove", EISDIR);
  const Place place = place_of(path, "remove");
  place.directory->change(Node::EntryChanges{{place.name, nullptr}});
  return true;
}

void MemoryFileSystem::make_directory(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const Place place = place_of(path, "create directory");
  if (place.node && !place.node->is_directory) fail(path, "open directory", ENOTDIR);
  if (place.node) return;
  const auto node = std::make_shared<Node>();
  node->is_directory = true;
  place.directory->change(Node::EntryChanges{{place.name, node}});
}

void MemoryFileSystem::sync_directory(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_node(path);
  if (!node) fail(path, "open directory", ENOENT);
  if (!node->is_directory) fail(path, "open directory", ENOTDIR);
  node->sync();
}

std::vector<std::string> MemoryFileSystem::list(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_node(path);
  if (!node) return {};
  if (!node->is_directory) fail(path, "open directory", ENOTDIR);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

std::optional<std::uint64_t> MemoryFileSystem::file_size(const Path& path) {
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_file(path);
  if (!node) return std::nullopt;
  return node->content.size();
}

std::unique_ptr<FileLock> MemoryFileSystem::try_lock(const Path& path) {
  (void)open_or_create(path);
  const std::lock_guard lock(*x_mutex);
  const NodePointer node = find_file(path);
  if (std::exchange(node->locked, true)) return nullptr;
  return std::make_unique<Lock>(x_mutex, node);
}

// The node at `path`, or null. A file in a directory's place is an error, as it is for the real
// one.
MemoryFileSystem::NodePointer MemoryFileSystem::find_node(const Path& path) const {
  NodePointer node = x_root;
  for (const Path& part : path.relative_path().lexically_normal()) {
    if (part.empty() || part == ".") continue;
    if (!node->is_directory) fail(path, "open", ENOTDIR);
    const auto entry = node->entries.find(part.native());
    if (entry == node->entries.end()) return nullptr;
    node = entry->second;
  }
  return node;
}

MemoryFileSystem::NodePointer MemoryFileSystem::find_file(const Path& path) const {
  NodePointer node = find_node(path);
  if (node && node->is_directory) {
    throw Error(ErrorCode::io, escape(path.native()) + ": open: not a regular file");
  }
  return node;
}

MemoryFileSystem::Place MemoryFileSystem::place_of(const Path& path,
                                                   std::string_view action) const {
  const NodePointer directory = find_node(path.parent_path());
  if (!directory) fail(path, action, ENOENT);
  if (!directory->is_directory) fail(path, action, ENOTDIR);
  return {directory, path.filename().native(), find_node(path)};
}

std::unique_ptr<File> MemoryFileSystem::open(const NodePointer& node, const Path& path,
                                             bool writable) {
  return std::make_unique<OpenFile>(x_mutex, node, path, writable);
}

}  // namespace muniment::test
