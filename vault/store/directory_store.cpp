#include "vault/store/directory_store.hpp"

#include <utility>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

namespace muniment {

namespace {

constexpr std::string_view staging_directory = "tmp";
constexpr std::string_view staged_suffix = ".staged";

// The path below a store's root: a directory, for a name without a dot, or an object.
bool names_object(std::string_view path) noexcept {
  return path.find('.') != path.npos;
}

bool is_directory_store_key(std::string_view key) noexcept {
  return is_store_key(key) && key.rfind('/') < key.find('.') && names_object(key);
}

}  // namespace

DirectoryStore::DirectoryStore(FileSystem& files, FileSystem::Path root, Access access)
    : x_files(files), x_root(std::move(root)) {
  if (access == Access::read) return;
  const FileSystem::Path staging = x_root / staging_directory;
  x_files.make_directory(staging);
  for (const std::string& name : x_files.list(staging)) {
    if (name.ends_with(staged_suffix)) x_files.remove(staging / name);
  }
}

FileSystem::Path DirectoryStore::path_of(std::string_view key) const {
  VAULT_ASSERT(is_directory_store_key(key));
  return x_root / key;
}

std::optional<std::uint64_t> DirectoryStore::stat(std::string_view key) const {
  return x_files.file_size(path_of(key));
}

std::optional<std::size_t> DirectoryStore::get_range(std::string_view key, std::uint64_t offset,
                                                     MutableByteView target) const {
  const std::unique_ptr<File> file = x_files.find(path_of(key));
  if (!file) return std::nullopt;
  return file->read_at(offset, target);
}

std::vector<std::string> DirectoryStore::list(std::string_view prefix) const {
  const std::size_t slash = prefix.rfind('/');
  VAULT_ASSERT(slash != prefix.npos);
  std::vector<std::string> keys;
  std::vector<std::string> directories{std::string(prefix.substr(0, slash))};
  while (!directories.empty()) {
    const std::string directory = std::move(directories.back());
    directories.pop_back();
    for (const std::string& name : x_files.list(x_root / directory)) {
      std::string path = directory;
      path.append("/").append(name);
      if (!is_store_key(path) || !path.starts_with(prefix.substr(0, path.size()))) continue;
      (names_object(name) ? keys : directories).push_back(std::move(path));
    }
  }
  std::erase_if(keys, [&](const std::string& key) { return !key.starts_with(prefix); });
  std::ranges::sort(keys);
  return keys;
}

template <class Step>
auto DirectoryStore::or_discard(Step step) {
  try {
    return step();
  } catch (...) {
    discard();
    throw;
  }
}

bool DirectoryStore::put_if_absent(std::string_view key, ByteView bytes) {
  return or_discard([&] {
    const auto has_key = [&](const Staged& staged) { return staged.key == key; };
    if (std::ranges::any_of(x_staged, has_key) || stat(key)) return false;
    stage(key, bytes).file->start_writeback();
    return true;
  });
}

void DirectoryStore::flush() {
  or_discard([&] {
    for (const Staged& staged : x_staged) staged.file->sync();
    for (Staged& staged : x_staged) place(staged);
    sync_directories();
  });
  x_staged.clear();
}

void DirectoryStore::make_durable(std::span<const std::string> keys) {
  for (const std::string& key : keys) {
    const FileSystem::Path path = path_of(key);
    x_files.open_or_create(path)->sync();
    for (FileSystem::Path above = path.parent_path();; above = above.parent_path()) {
      x_touched.insert(above);
      if (above == x_root) break;
    }
  }
  sync_directories();
}

void DirectoryStore::discard() noexcept {
  for (const Staged& staged : x_staged) {
    try {
      x_files.remove(staged.path);
    } catch (const Error&) {
      // What stays in tmp/ goes when the store is next opened for writing; an object that stays is
      // whole, and nothing refers to it.
      continue;
    }
  }
  x_staged.clear();
  x_made.clear();
  x_touched.clear();
}

void DirectoryStore::replace(std::string_view key, ByteView bytes) {
  or_discard([&] {
    Staged& staged = stage(key, bytes);
    staged.file->sync();
    place(staged);
    x_staged.pop_back();
    sync_directories();
  });
}

bool DirectoryStore::remove(std::string_view key) {
  return or_discard([&] {
    const FileSystem::Path path = path_of(key);
    if (!x_files.remove(path)) return false;
    x_touched.insert(path.parent_path());
    return true;
  });
}

void DirectoryStore::adopt(std::string_view key, const FileSystem::Path& file) {
  make_directories(key);
  const FileSystem::Path target = path_of(key);
  x_files.rename(file, target);
  x_touched.insert(target.parent_path());
  sync_directories();
}

DirectoryStore::Staged& DirectoryStore::stage(std::string_view key, ByteView bytes) {
  VAULT_ASSERT(is_directory_store_key(key));
  const std::string name = std::to_string(x_next_name++).append(staged_suffix);
  FileSystem::Path path = x_root / staging_directory / name;
  std::unique_ptr<File> file = x_files.create(path);
  x_staged.push_back({std::string(key), std::move(path), std::move(file)});
  x_staged.back().file->write_at(0, bytes);
  return x_staged.back();
}

void DirectoryStore::place(Staged& staged) {
  make_directories(staged.key);
  FileSystem::Path target = path_of(staged.key);
  x_files.rename(staged.path, target);
  x_touched.insert(target.parent_path());
  staged.path = std::move(target);
}

void DirectoryStore::make_directories(std::string_view key) {
  for (std::size_t slash = key.find('/'); slash != key.npos; slash = key.find('/', slash + 1)) {
    FileSystem::Path directory = x_root / key.substr(0, slash);
    if (x_made.contains(directory)) continue;
    x_files.make_directory(directory);
    x_touched.insert(directory.parent_path());
    x_made.insert(std::move(directory));
  }
}

void DirectoryStore::sync_directories() {
  for (const FileSystem::Path& directory : x_touched) x_files.sync_directory(directory);
  x_touched.clear();
}

}  // namespace muniment
