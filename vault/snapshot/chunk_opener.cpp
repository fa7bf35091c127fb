#include "vault/snapshot/chunk_opener.hpp"

namespace muniment {

namespace {

// A dictionary takes some 100 KiB; a pack needs one or two.
constexpr std::size_t dictionaries_kept = 16;

}  // namespace

std::optional<ReadChunk> ChunkOpener::open(const PackReader& pack, std::size_t frame,
                                           ByteView payload, ChunkBuffer& buffer) {
  const auto plaintext = decompress(pack, frame, payload, buffer);
  if (!plaintext) return std::nullopt;
  const std::shared_ptr<const Batch>& batch = pack.table().batch;
  const Sha256Digest digest = sha256(*plaintext);
  const ChunkId id = chunk_id(batch ? batch->id_key : x_id_key, digest);
  if (id != pack.entry(frame).chunk) return std::nullopt;
  return ReadChunk{*plaintext, digest, batch};
}

std::optional<ByteView> ChunkOpener::decompress(const PackReader& pack, std::size_t frame,
                                                ByteView payload, ChunkBuffer& buffer) {
  const Codec& codec = pack.codec(frame);
  const std::uint32_t length = pack.entry(frame).plain_bytes;
  if (codec.kind == CodecKind::raw) {
    if (payload.size() != length) return std::nullopt;
    return payload;
  }
  Dictionary dictionary;
  if (!codec.dictionary.is_zero()) {
    dictionary = find_dictionary(pack, codec.dictionary);
    if (!dictionary) return std::nullopt;
  }
  thread_local ZstdDecompressor decompressor;
  const MutableByteView plaintext = buffer.plaintext(length);
  if (!decompressor.decompress(payload, plaintext, dictionary.get())) return std::nullopt;
  return plaintext;
}

ChunkOpener::Dictionary ChunkOpener::find_dictionary(const PackReader& pack, const ChunkId& id) {
  {
    const std::lock_guard lock(x_mutex);
    const auto found = x_dictionaries.find(id);
    if (found != x_dictionaries.end()) return found->second;
  }
  Dictionary dictionary = read_dictionary(pack, id);
  if (!dictionary) return nullptr;
  const std::lock_guard lock(x_mutex);
  if (x_dictionaries.size() == dictionaries_kept) x_dictionaries.clear();
  x_dictionaries.insert_or_assign(id, dictionary);
  return dictionary;
}

ChunkOpener::Dictionary ChunkOpener::read_dictionary(const PackReader& pack, const ChunkId& id) {
  const std::vector<FrameEntry>& frames = pack.table().frames;
  for (std::size_t frame = 0; frame < frames.size(); ++frame) {
    const bool is_it = frames[frame].chunk == id && frames[frame].type == FrameType::dictionary &&
                       frame_part(pack.head(), frame) == FramePart{};
    // Its own codec must have none, or two could need each other.
    if (!is_it || !pack.codec(frame).dictionary.is_zero()) continue;
    auto payload = pack.read_frame(frame);
    if (!payload) continue;
    ChunkBuffer buffer;
    const auto chunk = open(pack, frame, *payload, buffer);
    if (!chunk) continue;
    auto prepared = ZstdDictionary::prepare_to_decompress(chunk->plaintext);
    if (prepared) return std::make_shared<const ZstdDictionary>(std::move(*prepared));
  }
  return nullptr;
}

}  // namespace muniment
