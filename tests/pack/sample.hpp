// Packs for tests: always the same ones, from fixed keys and contents.
#pragma once

#include <vector>

#include "tests/support/fixed.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/pack/reader.hpp"
#include "vault/pack/seal.hpp"
#include "vault/store/memory_store.hpp"

namespace muniment::test {

inline constexpr Codec zstd_codec{
    .kind = CodecKind::zstd, .level = 3, .zstd_version = 10504, .dictionary = {}};

// The key pair of an epoch, another for each seed.
EpochSecretKey sample_epoch(std::uint64_t seed = 1);

// A chunk that nothing but its payload tells from others.
struct SampleChunk {
  Bytes payload;
  Frame frame;  // of `payload`
};

// Incompressible; stored raw, or as if zstd had made it from twice as many bytes.
SampleChunk sample_chunk(std::size_t payload_bytes, std::uint64_t seed, bool raw = true);

// Chunks of these sizes, every third of them compressed, in one draft, which must hold them.
PackDraft sample_draft(Suite suite, std::span<const std::size_t> payload_sizes);

// A pack of 1 MiB with three frames.
SealedPack sample_pack(Suite suite = Suite::aegis256, std::uint64_t seed = 7);

// Stores the bytes as the pack `id`, replacing what was there.
void store_pack(PackStore& store, const PackId& id, ByteView file);

// The reader of a pack in memory, which must open.
PackReader open_sample(const SealedPack& pack);

}  // namespace muniment::test
