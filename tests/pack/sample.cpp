#include "tests/pack/sample.hpp"

#include <doctest/doctest.h>

namespace muniment::test {

EpochSecretKey sample_epoch(std::uint64_t seed) {
  FixedRandom random(seed);
  return epoch_secret_key(EpochKey::generate(random));
}

SampleChunk sample_chunk(std::size_t payload_bytes, std::uint64_t seed, bool raw) {
  FixedRandom random(seed);
  SampleChunk chunk{.payload = random.bytes(payload_bytes), .frame = {}};
  const IdKey id_key = IdKey::generate(random);
  chunk.frame.codec = raw ? Codec{} : zstd_codec;
  chunk.frame.chunk = chunk_id(id_key, sha256(chunk.payload));
  chunk.frame.plain_bytes = static_cast<std::uint32_t>(raw ? payload_bytes : 2 * payload_bytes);
  chunk.frame.payload = chunk.payload;
  return chunk;
}

PackDraft sample_draft(Suite suite, std::span<const std::size_t> payload_sizes) {
  PackDraft draft(suite);
  std::uint64_t seed = 100;
  for (const std::size_t size : payload_sizes) {
    const SampleChunk chunk = sample_chunk(size, seed, seed % 3 != 0);
    REQUIRE(draft.add(chunk.frame) == size);
    ++seed;
  }
  return draft;
}

SealedPack sample_pack(Suite suite, std::uint64_t seed) {
  FixedRandom random(seed);
  const std::array<std::size_t, 3> sizes{10'000, 1, 400'000};
  return seal_pack(sample_draft(suite, sizes), public_key(sample_epoch()), random);
}

void store_pack(PackStore& store, const PackId& id, ByteView file) {
  store.replace(pack_key(id), file);
}

PackReader open_sample(const SealedPack& pack) {
  MemoryStore store;
  store_pack(store, pack.id, pack.file);
  const std::array keys{sample_epoch()};
  auto opened = open_pack(store, pack.id, keys, PackAccess::whole);
  REQUIRE(std::holds_alternative<PackReader>(opened));
  return std::get<PackReader>(std::move(opened));
}

}  // namespace muniment::test
