#include "vault/snapshot/disclosure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr std::string_view field_label("muniment/field/v1\0", 18);
constexpr std::string_view salt_label("muniment/salt/v1\0", 17);

std::string time_value(const std::optional<ModificationTime>& time) {
  if (!time) return "";
  return fmt::format("{}.{:09}\n", time->seconds, time->nanoseconds);
}

Sha256Digest field_digest(const DisclosureField& field) {
  Bytes message;
  ByteWriter writer(message);
  writer.raw(as_bytes(field_label));
  writer.u16(static_cast<std::uint16_t>(field.label.size()));
  writer.raw(as_bytes(field.label));
  writer.raw(field.salt.view());
  writer.u64(field.value.size());
  writer.raw(as_bytes(field.value));
  return sha256(message);
}

// A sorted run on disk, read a block at a time.
class Run {
 public:
  explicit Run(std::unique_ptr<File> file) : x_file(std::move(file)) { advance(); }

  [[nodiscard]] bool done() const noexcept { return !x_front; }
  [[nodiscard]] const ContentLeaf& front() const { return *x_front; }

  void advance() {
    if (x_at == x_block.size()) {
      x_block = x_file->read_at(x_offset, block_bytes);
      x_offset += x_block.size();
      x_at = 0;
    }
    x_front.reset();
    if (x_block.empty()) return;
    ByteReader reader(ByteView(x_block).subspan(x_at));
    x_front = ContentLeaf{reader.fixed<Sha256Digest>(), reader.fixed<Sha256Digest>()};
    VAULT_ASSERT(reader.ok());
    x_at += 2 * Sha256Digest::size;
  }

 private:
  static constexpr std::size_t block_bytes = 4096 * 2 * Sha256Digest::size;

  std::unique_ptr<File> x_file;
  std::uint64_t x_offset = 0;
  Bytes x_block;
  std::size_t x_at = 0;
  std::optional<ContentLeaf> x_front;
};

}  // namespace

std::vector<DisclosureField> disclosure_fields(const SeedKey& key, const SnapshotNonce& nonce,
                                               const Entry& entry) {
  VAULT_ASSERT(entry.kind == EntryKind::file);
  // On the stack and wiped: locked memory for each file would cost more than all its hashes.
  auto seed = keyed_hash<FixedBytes<struct DisclosureSeedTag, 32>>(
      key, {nonce.view(), as_bytes(entry.path), entry.sha256.view()});

  std::vector<DisclosureField> fields(4);
  fields[0] = {
      "content", fmt::format("sha256 {}\nsize {}\n", entry.sha256.hex(), entry.size), {}, {}};
  fields[1] = {"name", entry.path, {}, {}};
  fields[2] = {"time", time_value(entry.time), {}, {}};
  fields[3] = {"parts", entry.parts ? entry.parts->hex() + "\n" : "", {}, {}};
  for (DisclosureField& field : fields) {
    detail::blake2b_256_keyed(seed.view(), {as_bytes(salt_label), as_bytes(field.label)},
                              field.salt.mutable_view());
    field.digest = field_digest(field);
  }
  wipe(seed.mutable_view());
  return fields;
}

std::string disclosure_leaf(std::span<const DisclosureField> fields) {
  std::string text = "muniment/leaf/v1\n";
  for (const DisclosureField& field : fields) {
    text += fmt::format("{} {}\n", field.label, field.digest.hex());
  }
  return text;
}

ContentLeaf content_leaf(const SeedKey& key, const SnapshotNonce& nonce, const Entry& entry) {
  const std::vector<DisclosureField> fields = disclosure_fields(key, nonce, entry);
  return {fields.front().digest, leaf_hash(as_bytes(disclosure_leaf(fields)))};
}

ContentTree::ContentTree(FileSystem& files, std::filesystem::path scratch,
                         std::size_t leaves_in_memory)
    : x_files(files), x_scratch(std::move(scratch)), x_leaves_in_memory(leaves_in_memory) {}

ContentTree::~ContentTree() {
  for (const auto& run : x_runs) {
    try {
      x_files.remove(run);
    } catch (const std::exception&) {
      // The next tree that spills takes its name.
    }
  }
}

void ContentTree::add(const ContentLeaf& leaf) {
  x_leaves.push_back(leaf);
  if (x_leaves.size() == x_leaves_in_memory) spill();
}

void ContentTree::spill() {
  std::ranges::sort(x_leaves);
  const auto path = x_scratch / fmt::format("{}{}", run_prefix, x_runs.size());
  x_files.remove(path);  // of a process that was killed
  const std::unique_ptr<File> file = x_files.create(path);
  x_runs.push_back(path);
  Bytes block;
  std::uint64_t offset = 0;
  for (const ContentLeaf& leaf : x_leaves) {
    append(block, leaf.content.view());
    append(block, leaf.leaf.view());
    if (block.size() >= limits::mib || &leaf == &x_leaves.back()) {
      file->write_at(offset, block);
      offset += block.size();
      block.clear();
    }
  }
  x_leaves.clear();
}

TreeHead ContentTree::finish() {
  Frontier tree;
  visit([&](const ContentLeaf& leaf) { tree.append(leaf.leaf); });
  return tree.head();
}

ContentInclusion ContentTree::prove(const ContentLeaf& leaf) {
  Frontier tree;
  std::optional<std::uint64_t> index;
  visit([&](const ContentLeaf& at) {
    if (at == leaf) index = tree.size();
    tree.append(at.leaf);
  });
  VAULT_ASSERT(index);
  InclusionProver prover(*index, tree.size());
  visit([&](const ContentLeaf& at) { prover.append(at.leaf); });
  return {tree.head(), *index, prover.finish()};
}

void ContentTree::visit(const std::function<void(const ContentLeaf&)>& visitor) {
  if (x_runs.empty()) {
    std::ranges::sort(x_leaves);
    std::ranges::for_each(x_leaves, visitor);
    return;
  }
  if (!x_leaves.empty()) spill();

  std::vector<std::unique_ptr<Run>> runs;
  for (const auto& path : x_runs) runs.push_back(std::make_unique<Run>(x_files.find(path)));
  const auto later = [](const Run* a, const Run* b) { return b->front() < a->front(); };
  std::priority_queue<Run*, std::vector<Run*>, decltype(later)> next(later);
  for (const auto& run : runs) next.push(run.get());
  while (!next.empty()) {
    Run* run = next.top();
    next.pop();
    visitor(run->front());
    run->advance();
    if (!run->done()) next.push(run);
  }
}

}  // namespace muniment
