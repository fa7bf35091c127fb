#include "tests/crash/disk.hpp"

#include <algorithm>
#include <fstream>

#include "tests/support/fixed.hpp"
#include "vault/base/assert.hpp"

namespace muniment::test {

namespace fs = std::filesystem;

namespace {

Bytes read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes(static_cast<std::size_t>(fs::file_size(path)));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  VAULT_ASSERT(file.good() || bytes.empty());
  return bytes;
}

void write_whole(const fs::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  VAULT_ASSERT(file.good());
}

const Fates& everything_happened() {
  static const Fates fates = everything_kept();
  return fates;
}

// A number that depends on all of these and looks like chance.
std::uint64_t chance(std::uint64_t seed, std::uint64_t change, std::uint64_t sector) {
  return FixedRandom(seed * 0x9e3779b97f4a7c15U + change * 0x100000001b3U + sector).next();
}

}  // namespace

Disk::Disk(const fs::path& directory) : x_root(new_node(true)) {
  read(directory, *x_root);
}

Disk::NodePointer Disk::new_node(bool is_directory) {
  auto node = std::make_shared<Node>();
  node->number = x_nodes++;
  node->is_directory = is_directory;
  x_all.push_back(node);
  return node;
}

void Disk::read(const fs::path& directory, Node& node) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    const NodePointer child = new_node(entry.is_directory());
    node.names[entry.path().filename().native()] = child;
    if (child->is_directory) {
      read(entry.path(), *child);
    } else {
      child->synced = read_whole(entry.path());
    }
  }
  node.synced_names = node.names;
}

Disk::NodePointer Disk::find(const fs::path& path) const {
  NodePointer node = x_root;
  for (const fs::path& part : path) {
    if (part.empty()) continue;
    const auto found = node->names.find(part.native());
    if (found == node->names.end()) return nullptr;
    node = found->second;
  }
  return node;
}

void Disk::apply(const SystemCall& call) {
  using Kind = SystemCall::Kind;
  const fs::path path = call.path;
  switch (call.kind) {
    case Kind::read:
      return;
    case Kind::open:
      x_handles[call.handle] = find(path);
      VAULT_ASSERT(x_handles[call.handle]);
      return;
    case Kind::create:
      x_handles[call.handle] = new_node(false);
      return change_names(path.parent_path(), {{path.filename(), x_handles[call.handle]}});
    case Kind::write:
      return change_content(call.handle, false, call.offset, call.bytes);
    case Kind::truncate:
      return change_content(call.handle, true, call.offset, {});
    case Kind::sync:
      return sync(*x_handles.at(call.handle));
    case Kind::map:
      x_handles.at(call.handle)->mapped = true;
      return;
    case Kind::rename:
      return rename(path, call.target);
    case Kind::remove:
      return change_names(path.parent_path(), {{path.filename(), nullptr}});
    case Kind::make_directory:
      return change_names(path.parent_path(), {{path.filename(), new_node(true)}});
  }
}

void Disk::change_content(std::size_t handle, bool truncates, std::uint64_t offset,
                          const Bytes& bytes) {
  x_middle_sector = (offset + bytes.size() / 2) / sector_bytes;
  x_handles.at(handle)->content_changes.push_back(
      {x_changes++, truncates, offset, std::make_shared<const Bytes>(bytes)});
}

void Disk::change_names(const fs::path& directory,
                        std::vector<std::pair<std::string, NodePointer>> names) {
  const NodePointer node = find(directory);
  VAULT_ASSERT(node && node->is_directory);
  node->name_changes.push_back({x_changes++, std::move(names)});
  redo(node->names, node->name_changes.back());
}

void Disk::rename(const fs::path& from, const fs::path& to) {
  const NodePointer node = find(from);
  VAULT_ASSERT(node);
  if (from.parent_path() == to.parent_path()) {
    return change_names(from.parent_path(), {{from.filename(), nullptr}, {to.filename(), node}});
  }
  change_names(to.parent_path(), {{to.filename(), node}});
  change_names(from.parent_path(), {{from.filename(), nullptr}});
}

void Disk::sync(Node& node) {
  if (!node.content_changes.empty()) ++node.syncs;
  for (const ContentChange& change : node.content_changes) {
    redo(node.synced, change, everything_happened());
  }
  node.content_changes.clear();
  node.synced_names = node.names;
  node.name_changes.clear();
}

std::optional<Disk::Newest> Disk::newest_change() const {
  const bool durable = std::ranges::all_of(x_all, [](const NodePointer& node) {
    return node->content_changes.empty() && node->name_changes.empty();
  });
  if (durable) return std::nullopt;
  return Newest{x_changes - 1, x_middle_sector};
}

void Disk::redo(Names& names, const NameChange& change) {
  for (const auto& [name, node] : change.names) {
    if (node) {
      names[name] = node;
    } else {
      names.erase(name);
    }
  }
}

void Disk::redo(Bytes& content, const ContentChange& change, const Fates& fates) {
  if (change.truncates) {
    if (fates.size(change.number)) content.resize(static_cast<std::size_t>(change.offset));
    return;
  }
  const auto grow = [&content](std::uint64_t size) {
    if (content.size() < size) content.resize(static_cast<std::size_t>(size));
  };
  const std::uint64_t end = change.offset + change.bytes->size();
  if (fates.size(change.number)) grow(end);
  for (std::uint64_t at = change.offset; at < end;) {
    const std::uint64_t sector = at / sector_bytes;
    const std::uint64_t next = std::min(end, (sector + 1) * sector_bytes);
    if (fates.sector(change.number, sector)) {
      grow(next);
      const auto part = ByteView(*change.bytes)
                            .subspan(static_cast<std::size_t>(at - change.offset),
                                     static_cast<std::size_t>(next - at));
      std::ranges::copy(part, content.begin() + static_cast<std::ptrdiff_t>(at));
    }
    at = next;
  }
}

Disk::Names Disk::crashed_names(const Node& node, const Fates& fates) {
  Names names = node.synced_names;
  for (const NameChange& change : node.name_changes) {
    if (fates.name(change.number)) redo(names, change);
  }
  return names;
}

Bytes Disk::crashed_content(const Node& node, const Fates& fates) {
  Bytes content = node.synced;
  for (const ContentChange& change : node.content_changes) redo(content, change, fates);
  if (node.mapped) FixedRandom(node.number).fill(content);
  return content;
}

void Disk::write_crashed(const Fates& fates, const fs::path& target) const {
  write(*x_root, fates, target);
}

void Disk::write(const Node& node, const Fates& fates, const fs::path& target) const {
  if (!node.is_directory) return write_whole(target, crashed_content(node, fates));
  fs::create_directory(target);
  for (const auto& [name, child] : crashed_names(node, fates)) write(*child, fates, target / name);
}

std::string Disk::describe_crashed(const Fates& fates) const {
  std::string text;
  describe(*x_root, fates, "", text);
  return text;
}

void Disk::describe(const Node& node, const Fates& fates, const std::string& path,
                    std::string& text) const {
  text += path + ' ' + std::to_string(node.number) + ' ' + std::to_string(node.syncs);
  for (const ContentChange& change : node.content_changes) describe(change, fates, text);
  text += '\n';
  if (!node.is_directory) return;
  for (const auto& [name, child] : crashed_names(node, fates)) {
    describe(*child, fates, path + '/' + name, text);
  }
}

void Disk::describe(const ContentChange& change, const Fates& fates, std::string& text) {
  const bool resized = fates.size(change.number);
  std::string sectors;
  if (!change.bytes->empty()) {
    const std::uint64_t last = (change.offset + change.bytes->size() - 1) / sector_bytes;
    for (std::uint64_t sector = change.offset / sector_bytes; sector <= last; ++sector) {
      sectors += fates.sector(change.number, sector) ? '1' : '0';
    }
  }
  const bool whole = !sectors.empty() && sectors.find('0') == std::string::npos;
  const bool nothing = !resized && sectors.find('1') == std::string::npos;
  if (nothing) return;
  text += ' ' + std::to_string(change.number);
  if (!whole) text += (resized ? "+" : "-") + sectors;
}

Fates everything_kept() {
  return {.name = [](std::size_t) { return true; },
          .size = [](std::size_t) { return true; },
          .sector = [](std::size_t, std::uint64_t) { return true; }};
}

std::vector<NamedFates> all_fates(const Disk& disk, std::size_t seeds) {
  std::vector<NamedFates> all{{"kept", everything_kept()}};
  const std::optional<Disk::Newest> found = disk.newest_change();
  if (!found) return all;
  const auto [newest, middle] = *found;

  const auto always = [](std::size_t) { return true; };
  const auto never = [](std::size_t) { return false; };
  const auto every_sector = [](std::size_t, std::uint64_t) { return true; };
  const auto no_sector = [](std::size_t, std::uint64_t) { return false; };
  all.push_back({"lost", {never, never, no_sector}});
  all.push_back({"names without contents", {always, never, no_sector}});
  all.push_back({"sizes without contents", {always, always, no_sector}});
  all.push_back({"contents without names", {never, always, every_sector}});

  const auto torn = [newest](auto part) {
    return [newest, part](std::size_t change, std::uint64_t sector) {
      return change != newest || part(sector);
    };
  };
  const auto all_but_newest = [newest](std::size_t change) { return change != newest; };
  const auto first = torn([middle](std::uint64_t sector) { return sector < middle; });
  const auto second = torn([middle](std::uint64_t sector) { return sector >= middle; });
  const auto any =
      torn([newest](std::uint64_t sector) { return chance(0, newest, sector) % 2 == 0; });
  all.push_back({"torn, first half", {always, all_but_newest, first}});
  all.push_back({"torn, second half", {always, always, second}});
  all.push_back({"torn, random sectors", {always, always, any}});

  for (std::size_t seed = 1; seed <= seeds; ++seed) {
    const auto coin = [seed](std::size_t change) { return chance(seed, change, ~0U) % 2 == 0; };
    // A third of the writes are lost, a third are there, a third in part.
    const auto sector = [seed](std::size_t change, std::uint64_t number) {
      const std::uint64_t kind = chance(seed, change, ~1U) % 3;
      return kind == 1 || (kind == 2 && chance(seed, change, number) % 2 == 0);
    };
    all.push_back({"reordered, seed " + std::to_string(seed), {coin, coin, sector}});
  }
  return all;
}

}  // namespace muniment::test
