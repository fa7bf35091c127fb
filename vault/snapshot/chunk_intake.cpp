#include "vault/snapshot/chunk_intake.hpp"

#include "vault/base/assert.hpp"
#include "vault/codec/probe.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

namespace {

// Below this, zstd's frame and the time for the check are not worth it.
constexpr std::size_t compress_bytes_min = 64;

}  // namespace

bool KnownChunks::claim(const ChunkId& id) {
  {
    const std::lock_guard lock(x_mutex);
    if (!x_claimed.insert(id).second) return false;
  }
  // Asked without the lock: it may open a pack.
  if (!find_stored(id)) return true;
  const std::lock_guard lock(x_mutex);
  x_claimed.erase(id);
  return false;
}

bool KnownChunks::is_stored(const ChunkId& id) {
  {
    const std::lock_guard lock(x_mutex);
    if (x_claimed.contains(id)) return true;
  }
  return find_stored(id);
}

bool KnownChunks::find_stored(const ChunkId& id) {
  std::vector<PackId> packs;
  if (!x_stored.holds(id, packs)) return false;
  const std::lock_guard lock(x_mutex);
  x_packs_used.insert(packs.begin(), packs.end());
  return true;
}

void KnownChunks::settled(std::span<const ChunkId> ids) {
  const std::lock_guard lock(x_mutex);
  for (const ChunkId& id : ids) x_claimed.erase(id);
}

std::set<PackId> KnownChunks::packs_used() const {
  const std::lock_guard lock(x_mutex);
  return x_packs_used;
}

ChunkIntake::ChunkIntake(KnownChunks& known, DictionaryTrainer& trainer, const IdKey& id_key,
                         int level)
    : x_known(known), x_trainer(trainer), x_id_key(id_key), x_level(level), x_compressor(level) {}

TakenChunk ChunkIntake::take(FrameType type, ByteView plaintext, bool try_zstd) {
  VAULT_ASSERT(!plaintext.empty() && plaintext.size() <= limits::chunk_bytes_max);
  TakenChunk taken;
  taken.sha256 = sha256(plaintext);
  taken.ref = {chunk_id(x_id_key, taken.sha256), static_cast<std::uint32_t>(plaintext.size())};
  if (x_known.claim(taken.ref.id)) {
    taken.stored = encode(type, taken.ref, plaintext, try_zstd);
  }
  return taken;
}

NewChunk ChunkIntake::encode(FrameType type, const ChunkRef& ref, ByteView plaintext,
                             bool try_zstd) {
  const bool worth_it =
      try_zstd && plaintext.size() >= compress_bytes_min && sample_says_compressible(plaintext);
  if (!worth_it) return {type, {}, ref, to_bytes(plaintext), {}};
  std::shared_ptr<const TrainedDictionary> dictionary;
  if (type == FrameType::data && plaintext.size() <= DictionaryTrainer::chunk_bytes_max) {
    dictionary = x_trainer.current();
    x_trainer.sample(plaintext);
  }
  Bytes compressed = compress_and_check(plaintext, dictionary ? &dictionary->prepared : nullptr);
  if (compressed.size() >= plaintext.size()) return {type, {}, ref, to_bytes(plaintext), {}};
  const int level = dictionary ? dictionary->level : x_level;
  Codec codec{CodecKind::zstd, static_cast<std::int8_t>(level), zstd_version(), {}};
  if (dictionary) codec.dictionary = dictionary->chunk.ref.id;
  return {type, codec, ref, std::move(compressed), std::move(dictionary)};
}

Bytes ChunkIntake::compress_and_check(ByteView plaintext, const ZstdDictionary* dictionary) {
  Bytes compressed = x_compressor.compress(plaintext, dictionary);
  if (compressed.size() >= plaintext.size()) return compressed;
  x_check.resize(plaintext.size());
  if (!x_decompressor.decompress(compressed, x_check, dictionary) || !equal(x_check, plaintext)) {
    throw Error(ErrorCode::io, "zstd: compressed data does not decompress to what went in",
                "nothing was stored; check this machine's memory");
  }
  return compressed;
}

}  // namespace muniment
