// A directory as a disk holds it: what was synced, and the changes since, of which a crash may
// leave any.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "tests/crash/system_calls.hpp"

namespace muniment::test {

// What a crash makes of each change that was not synced. Changes are numbered in the order in which
// they were made. Pure functions: they are asked more than once.
struct Fates {
  // A change to a directory happened. A rename inside one directory is one change; between two it
  // is two, and after a crash the file may have both names or none.
  std::function<bool(std::size_t change)> name;
  // A write that made its file longer did so, if only by zeros; a truncation happened.
  std::function<bool(std::size_t change)> size;
  // The part of a write in this sector (512 bytes, counted from the beginning of the file) is
  // there.
  std::function<bool(std::size_t change, std::uint64_t sector)> sector;
};

class Disk {
 public:
  static constexpr std::uint64_t sector_bytes = 512;

  // What is below `directory` now; all of it is durable.
  explicit Disk(const std::filesystem::path& directory);

  // Does a call that was recorded in a directory like this one. Syncing a file makes its contents
  // durable and not its name; syncing a directory the names in it.
  void apply(const SystemCall& call);

  // Empty if everything is durable, so that a crash has no choice.
  struct Newest {
    std::size_t number;
    std::uint64_t middle_sector;  // of a write
  };
  [[nodiscard]] std::optional<Newest> newest_change() const;

  // Makes `target`, which must be absent, what a crash now leaves. Of files that were mapped
  // nothing is known: they hold noise.
  void write_crashed(const Fates& fates, const std::filesystem::path& target) const;
  // Equal for two crashes only if what they leave is equal.
  [[nodiscard]] std::string describe_crashed(const Fates& fates) const;

 private:
  struct ContentChange {
    std::size_t number;
    bool truncates;
    std::uint64_t offset;  // or the size after a truncation
    std::shared_ptr<const Bytes> bytes;
  };
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  struct NameChange {
    std::size_t number;
    std::vector<std::pair<std::string, NodePointer>> names;  // no node: the name is gone
  };
  using Names = std::map<std::string, NodePointer>;

  struct Node {
    std::size_t number = 0;  // to tell nodes apart
    bool is_directory = false;
    bool mapped = false;
    std::size_t syncs = 0;
    Bytes synced;
    std::vector<ContentChange> content_changes;
    Names names;  // as seen before a crash
    Names synced_names;
    std::vector<NameChange> name_changes;
  };

  static void redo(Names& names, const NameChange& change);
  static void redo(Bytes& content, const ContentChange& change, const Fates& fates);
  [[nodiscard]] static Names crashed_names(const Node& node, const Fates& fates);
  [[nodiscard]] static Bytes crashed_content(const Node& node, const Fates& fates);
  static void describe(const ContentChange& change, const Fates& fates, std::string& text);

  [[nodiscard]] NodePointer new_node(bool is_directory);
  [[nodiscard]] NodePointer find(const std::filesystem::path& path) const;
  void read(const std::filesystem::path& directory, Node& node);
  void change_content(std::size_t handle, bool truncates, std::uint64_t offset, const Bytes& bytes);
  void change_names(const std::filesystem::path& directory,
                    std::vector<std::pair<std::string, NodePointer>> names);
  void rename(const std::filesystem::path& from, const std::filesystem::path& to);
  void sync(Node& node);
  void write(const Node& node, const Fates& fates, const std::filesystem::path& target) const;
  void describe(const Node& node, const Fates& fates, const std::string& path,
                std::string& text) const;

  std::size_t x_changes = 0;
  std::uint64_t x_middle_sector = 0;
  std::size_t x_nodes = 0;
  std::vector<NodePointer> x_all;
  NodePointer x_root;
  std::map<std::size_t, NodePointer> x_handles;
};

// Everything happened, although nothing was synced: the process died, the machine did not.
[[nodiscard]] Fates everything_kept();

struct NamedFates {
  std::string name;
  Fates fates;
};

// The ways in which a disk may come back, each seed adding one more: everything kept; everything
// lost; names without contents; sizes without contents; contents without names; the newest write
// torn: the first half there, the second half, random sectors; any change without any other.
[[nodiscard]] std::vector<NamedFates> all_fates(const Disk& disk, std::size_t seeds);

}  // namespace muniment::test
