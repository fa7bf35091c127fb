// Objects as files below one directory, which is the vault's; staged ones stand in its tmp/.
#pragma once

#include <memory>
#include <set>

#include "vault/base/file.hpp"
#include "vault/store/pack_store.hpp"

namespace muniment {

// Files are told from directories by name alone: the last component of a key, and no other, must
// hold a '.'. Group durability (DESIGN §4, step 3): put_if_absent writes a file in tmp/ and starts
// its writeback; flush syncs each of them, renames them into place and syncs each directory once.
class DirectoryStore final : public PackStore {
 public:
  // Only the const members, and adopt, may be called on a store opened for reading.
  enum class Access { read, write };

  // `files` must outlive the store. Opening for writing, which needs the vault's writer lock,
  // creates tmp/ and removes what a crash left staged there.
  DirectoryStore(FileSystem& files, FileSystem::Path root, Access access);

  [[nodiscard]] std::optional<std::uint64_t> stat(std::string_view key) const override;
  [[nodiscard]] std::optional<std::size_t> get_range(std::string_view key, std::uint64_t offset,
                                                     MutableByteView target) const override;
  [[nodiscard]] std::vector<std::string> list(std::string_view prefix) const override;

  bool put_if_absent(std::string_view key, ByteView bytes) override;
  void flush() override;
  void make_durable(std::span<const std::string> keys) override;
  void discard() noexcept override;
  void replace(std::string_view key, ByteView bytes) override;
  bool remove(std::string_view key) override;

  // Makes a file of this file system an object, whether or not there is one of this key: it is
  // renamed, so it must be whole and synced. Durable when it returns.
  void adopt(std::string_view key, const FileSystem::Path& file);

 private:
  struct Staged {
    std::string key;
    FileSystem::Path path;  // in tmp/, then the object's
    std::unique_ptr<File> file;
  };

  [[nodiscard]] FileSystem::Path path_of(std::string_view key) const;
  Staged& stage(std::string_view key, ByteView bytes);
  void place(Staged& staged);
  void make_directories(std::string_view key);
  void sync_directories();
  // Runs `step`, which changes the directory; if it throws, drops what is staged.
  template <class Step>
  auto or_discard(Step step);

  FileSystem& x_files;
  FileSystem::Path x_root;
  std::vector<Staged> x_staged;
  std::uint64_t x_next_name = 0;
  std::set<FileSystem::Path> x_made;     // directories that exist for certain
  std::set<FileSystem::Path> x_touched;  // directories to sync
};

}  // namespace muniment
