// Packs with chunks in them and a catalog that finds them, without a vault around.
#pragma once

#include "tests/snapshot/notices.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/pack/seal.hpp"
#include "vault/snapshot/chunk_reader.hpp"
#include "vault/store/memory_store.hpp"

namespace muniment::test {

struct Shelf {
  // Shelves of one seed have the same keys.
  explicit Shelf(std::uint64_t seed = 1) : random(seed) {
    secrets.emplace(epoch, epoch_secret_key(key));
  }

  [[nodiscard]] ChunkId id_of(ByteView plaintext) const {
    return chunk_id(id_key, sha256(plaintext));
  }

  [[nodiscard]] Frame frame(ByteView plaintext) const {
    return {FrameType::data, Codec{}, id_of(plaintext),
            static_cast<std::uint32_t>(plaintext.size()), plaintext};
  }

  // A pack with these chunks, stored and in the catalog.
  PackId put(std::span<const Bytes> chunks) {
    PackDraft draft(Suite::aegis256);
    for (const Bytes& chunk : chunks) VAULT_ASSERT(draft.add(frame(chunk)) == chunk.size());
    return put(draft);
  }

  PackId put(const PackDraft& draft) {
    std::vector<ChunkId> ids;
    for (const FrameEntry& entry : draft.table().frames) ids.push_back(entry.chunk);
    return put(draft, std::move(ids));
  }

  // The catalog is told that the frames are these chunks.
  PackId put(const PackDraft& draft, std::vector<ChunkId> said) {
    const SealedPack pack = seal_pack(draft, public_key(secrets.at(epoch)), random);
    store.replace(pack_key(pack.id), pack.file);
    const auto size_class = static_cast<unsigned>(pack.form.size_class);
    const std::vector<PackIndex> index{{{pack.id, size_class, epoch}, std::move(said)}};
    Catalog::Update update = catalog.catalog.update();
    update.index_packs(index);
    update.commit();
    return pack.id;
  }

  // Two packs that share the chunk `last`; returns the bytes of it that went into the first.
  std::size_t put_split(ByteView last, std::array<PackId, 2>& packs) {
    PackDraft draft(Suite::aegis256);
    const Bytes filler = random.bytes(limits::chunk_bytes_max);
    for (int i = 0; i < 3; ++i) {
      Bytes chunk = filler;
      chunk[0] = static_cast<std::byte>(i);
      VAULT_ASSERT(draft.add(frame(chunk)) == chunk.size());
    }
    const Bytes rest = random.bytes(3'000'000);
    VAULT_ASSERT(draft.add(frame(rest)) == rest.size());
    const std::size_t placed = draft.add(frame(last));
    VAULT_ASSERT(placed > 0 && placed < last.size());
    packs[0] = put(draft);
    draft.clear();
    VAULT_ASSERT(draft.add(frame(last), placed) == last.size() - placed);
    packs[1] = put(draft);
    return placed;
  }

  [[nodiscard]] Bytes file(const PackId& pack) const {
    return *get_object(store, pack_key(pack), 32 * limits::mib);
  }

  // Turns one bit in each of this many shards from `first` on.
  void damage(const PackId& pack, std::size_t first, std::size_t shards) {
    Bytes bytes = file(pack);
    const std::size_t shard = (bytes.size() - 8192) / 256;
    for (std::size_t i = 0; i < shards; ++i) bytes[(first + i) * shard + 7] ^= std::byte{4};
    store.replace(pack_key(pack), bytes);
  }

  FixedRandom random;
  EpochKey key = EpochKey::generate(random);
  IdKey id_key = IdKey::generate(random);
  EpochCommitment epoch = random.fixed<EpochCommitment>();
  EpochSecretKeys secrets;
  MemoryStore store;
  Notices activity;
  TemporaryDirectory directory;
  std::unique_ptr<FileSystem> files = posix_file_system();
  Catalog own_catalog = Catalog::create(*files, directory.path() / "catalog.db",
                                        CatalogKey::generate(random), {}, random);
  SharedCatalog catalog{own_catalog, {}};
};

}  // namespace muniment::test
