#include "vault/pack/partial_packs.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/merkle/tree.hpp"

namespace muniment {

namespace {

constexpr std::size_t checksum_bytes = 16;
constexpr std::size_t shards_file_bytes = pack_format::partial_magic.size() + 1 +
                                          pack_format::tile_bytes + pack_format::shards / 8 +
                                          checksum_bytes;

Bytes checksum(ByteView bytes) {
  return to_bytes(blake2b_256(bytes).view().first(checksum_bytes));
}

}  // namespace

Bytes encode(const PartialPacks::Partial& partial) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(pack_format::partial_magic);
  writer.u8(static_cast<std::uint8_t>(partial.size_class));
  bytes.resize(bytes.size() + pack_format::tile_bytes);
  encode_pack_tile(partial.tile, MutableByteView(bytes).last(pack_format::tile_bytes));
  for (std::size_t i = 0; i < pack_format::shards; i += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (partial.shards[i + bit]) byte |= 1U << bit;
    }
    writer.u8(static_cast<std::uint8_t>(byte));
  }
  writer.raw(checksum(bytes));
  return bytes;
}

std::optional<PartialPacks::Partial> decode_partial(ByteView bytes) {
  if (bytes.size() != shards_file_bytes) return std::nullopt;
  const ByteView checked = bytes.first(bytes.size() - checksum_bytes);
  if (!equal(checksum(checked), bytes.last(checksum_bytes))) return std::nullopt;
  ByteReader reader(checked);
  if (!equal(reader.raw(pack_format::partial_magic.size()), pack_format::partial_magic)) {
    return std::nullopt;
  }
  const auto size_class = pack_class_from(reader.u8());
  if (!size_class) return std::nullopt;
  PartialPacks::Partial partial{
      *size_class, decode_pack_tile(reader.raw(pack_format::tile_bytes)), {}};
  for (std::size_t i = 0; i < pack_format::shards; i += 8) {
    const unsigned byte = reader.u8();
    for (std::size_t bit = 0; bit < 8; ++bit) partial.shards[i + bit] = (byte >> bit & 1U) != 0;
  }
  return partial;
}

PartialPacks::PartialPacks(FileSystem& files, FileSystem::Path directory)
    : x_files(files), x_directory(std::move(directory)) {}

FileSystem::Path PartialPacks::body_path(const PackId& pack) const {
  return x_directory / (pack.hex() + ".partial");
}

FileSystem::Path PartialPacks::shards_path(const PackId& pack) const {
  return x_directory / (pack.hex() + ".shards");
}

std::optional<PartialPacks::Partial> PartialPacks::find(const PackId& pack) const {
  const auto open = x_open.find(pack);
  if (open != x_open.end()) return open->second.partial;
  // A longer file is none of ours; reading it would be refused by its limit.
  if (x_files.file_size(shards_path(pack)) != shards_file_bytes) return std::nullopt;
  const auto bytes = read_file(x_files, shards_path(pack), shards_file_bytes);
  auto partial = bytes ? decode_partial(*bytes) : std::nullopt;
  if (!partial || pack_id(partial->tile) != pack) return std::nullopt;
  if (x_files.file_size(body_path(pack)) != file_bytes(partial->size_class)) return std::nullopt;
  return partial;
}

void PartialPacks::open_body(const PackId& pack, Open& open) {
  // They use the file.
  open.blocks.reset();
  open.file = x_files.open_or_create(body_path(pack));
  open.blocks = std::make_unique<ShardBlocks>(*open.file, shard_bytes(open.partial.size_class));
}

template <class Step>
void PartialPacks::changing(const PackId& pack, Open& open, Step step) {
  try {
    step();
  } catch (const Error&) {
    open.partial.shards = open.durable;
    open.proved &= open.durable;
    open_body(pack, open);
    throw;
  }
}

void PartialPacks::begin(const PackId& pack, PackClass size_class, const PackTile& tile) {
  VAULT_ASSERT(pack_id(tile) == pack);
  if (x_open.contains(pack)) return;
  const auto found = find(pack);
  Open open{{},
            {},
            found.value_or(Partial{size_class, tile, {}}),
            found ? found->shards : ShardSet{},
            {}};
  open_body(pack, open);
  if (!found) {
    open.file->truncate(0);
    Bytes end(pack_format::tile_bytes);
    encode_pack_tile(tile, end);
    open.file->write_at(body_bytes(size_class), end);
  }
  x_open.emplace(pack, std::move(open));
}

void PartialPacks::write(const PackId& pack, std::size_t first, ByteView shards) {
  Open& open = x_open.at(pack);
  const std::size_t size = shard_bytes(open.partial.size_class);
  const std::size_t count = shards.size() / size;
  VAULT_ASSERT(shards.size() % size == 0 && first + count <= pack_format::shards);
  changing(pack, open, [&] { open.blocks->put(first, shards); });
  for (std::size_t i = first; i < first + count; ++i) {
    open.partial.shards.set(i);
    open.proved.set(i);
  }
}

void PartialPacks::sync() {
  for (auto& [pack, open] : x_open) {
    if (open.durable == open.partial.shards) continue;
    changing(pack, open, [&] { sync(pack, open); });
  }
}

void PartialPacks::sync(const PackId& pack, Open& open) {
  open.blocks->flush();
  open.file->sync();
  write_file_atomically(x_files, shards_path(pack), encode(open.partial));
  open.durable = open.partial.shards;
}

bool PartialPacks::is_whole(const Open& open) {
  const std::size_t size = shard_bytes(open.partial.size_class);
  Bytes shard(size);
  for (std::size_t i = 0; i < pack_format::shards; ++i) {
    if (!open.partial.shards[i]) return false;
    if (open.proved[i]) continue;
    if (open.file->read_at(i * size, shard) != size) return false;
    if (leaf_hash(shard) != open.partial.tile[i]) return false;
  }
  return true;
}

bool PartialPacks::finish(const PackId& pack, DirectoryStore& store) {
  if (!x_open.contains(pack)) {
    const auto found = find(pack);
    VAULT_ASSERT(found);
    begin(pack, found->size_class, found->tile);
  }
  Open& open = x_open.at(pack);
  bool whole = false;
  changing(pack, open, [&] {
    open.blocks->flush();
    whole = is_whole(open);
    if (whole) open.file->sync();
  });
  if (!whole) {
    drop(pack);
    return false;
  }
  x_open.erase(pack);
  store.adopt(pack_key(pack), body_path(pack));
  x_files.remove(shards_path(pack));
  return true;
}

void PartialPacks::drop(const PackId& pack) {
  x_open.erase(pack);
  // First what says that there is something.
  x_files.remove(shards_path(pack));
  x_files.remove(body_path(pack));
}

}  // namespace muniment
