#include "vault/codec/zstd.hpp"

// For training in a time that is known, and for a choice between two ways of using a dictionary:
// both are exported, and neither changes the format.
#define ZDICT_STATIC_LINKING_ONLY
#define ZSTD_STATIC_LINKING_ONLY
#include <zdict.h>
#include <zstd.h>

#include <new>

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"

namespace muniment {

namespace detail {

void FreeZstd::operator()(ZSTD_CCtx_s* context) const noexcept {
  ZSTD_freeCCtx(context);
}

void FreeZstd::operator()(ZSTD_DCtx_s* context) const noexcept {
  ZSTD_freeDCtx(context);
}

void FreeZstd::operator()(ZSTD_CDict_s* dictionary) const noexcept {
  ZSTD_freeCDict(dictionary);
}

void FreeZstd::operator()(ZSTD_DDict_s* dictionary) const noexcept {
  ZSTD_freeDDict(dictionary);
}

}  // namespace detail

namespace {

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const std::size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  VAULT_ASSERT(ZSTD_isError(result) == 0);
}

// A frame header (RFC 8878 §3.1.1.1) as far as our own frames use it.
struct FrameHeader {
  std::uint64_t content_size = 0;
  std::uint64_t window_size = 0;
};

std::uint64_t window_size_from(std::uint8_t descriptor) noexcept {
  const std::uint64_t base = std::uint64_t{1} << (10U + (descriptor >> 3U));
  return base + base / 8 * (descriptor & 7U);
}

// Empty if it is not a header, states no content size, or has a checksum, a dictionary id or a bit
// that RFC 8878 leaves to later versions.
std::optional<FrameHeader> decode_frame_header(ByteView compressed) noexcept {
  ByteReader reader(compressed);
  if (reader.u32() != ZSTD_MAGICNUMBER) return std::nullopt;
  const std::uint8_t descriptor = reader.u8();
  const bool single_segment = (descriptor & 0x20U) != 0;
  if ((descriptor & 0x1fU) != 0) return std::nullopt;
  FrameHeader header;
  if (!single_segment) header.window_size = window_size_from(reader.u8());
  switch (descriptor >> 6U) {
    case 0:
      if (!single_segment) return std::nullopt;
      header.content_size = reader.u8();
      break;
    case 1:
      header.content_size = reader.u16() + 256U;
      break;
    case 2:
      header.content_size = reader.u32();
      break;
    default:
      header.content_size = reader.u64();
  }
  if (single_segment) header.window_size = header.content_size;
  if (!reader.ok()) return std::nullopt;
  return header;
}

}  // namespace

std::uint32_t zstd_version() noexcept {
  return ZSTD_versionNumber();
}

std::optional<ZstdDictionary> ZstdDictionary::prepare(ByteView content, int level) {
  VAULT_ASSERT(level >= zstd_level_min && level <= zstd_level_max);
  std::optional<ZstdDictionary> result = prepare_to_decompress(content);
  if (!result) return std::nullopt;
  result->x_for_compressing.reset(ZSTD_createCDict(content.data(), content.size(), level));
  if (!result->x_for_compressing) return std::nullopt;
  return result;
}

std::optional<ZstdDictionary> ZstdDictionary::prepare_to_decompress(ByteView content) {
  ZstdDictionary result;
  result.x_for_decompressing.reset(ZSTD_createDDict(content.data(), content.size()));
  if (!result.x_for_decompressing) return std::nullopt;
  return result;
}

std::optional<Bytes> ZstdDictionary::train(std::span<const ByteView> samples,
                                           std::size_t size_max) {
  Bytes joined;
  std::vector<std::size_t> sizes;
  for (const ByteView sample : samples) {
    append(joined, sample);
    sizes.push_back(sample.size());
  }
  // One pass of COVER with fixed parameters; searching for better ones takes forty times as long
  // and saves a hundredth.
  ZDICT_fastCover_params_t parameters{};
  parameters.k = 1024;
  parameters.d = 8;
  parameters.f = 20;
  parameters.accel = 5;
  Bytes dictionary(size_max);
  const std::size_t size = ZDICT_trainFromBuffer_fastCover(
      dictionary.data(), dictionary.size(), joined.data(), sizes.data(),
      static_cast<unsigned>(sizes.size()), parameters);
  if (ZDICT_isError(size) != 0) return std::nullopt;
  dictionary.resize(size);
  return dictionary;
}

ZstdCompressor::ZstdCompressor(int level) : x_context(ZSTD_createCCtx()) {
  VAULT_ASSERT(level >= zstd_level_min && level <= zstd_level_max);
  if (!x_context) throw std::bad_alloc();
  set(x_context.get(), ZSTD_c_compressionLevel, level);
  set(x_context.get(), ZSTD_c_contentSizeFlag, 1);
  set(x_context.get(), ZSTD_c_checksumFlag, 0);
  set(x_context.get(), ZSTD_c_dictIDFlag, 0);
  // Copying a dictionary's tables before each small chunk takes longer than looking into both:
  // 3.5 instead of 4.4 s a gigabyte at level 3.
  set(x_context.get(), ZSTD_c_forceAttachDict, ZSTD_dictForceAttach);
}

Bytes ZstdCompressor::compress(ByteView plaintext, const ZstdDictionary* dictionary) {
  x_buffer.resize(std::max(x_buffer.size(), ZSTD_compressBound(plaintext.size())));
  const ZSTD_CDict* prepared =
      dictionary == nullptr ? nullptr : dictionary->x_for_compressing.get();
  std::size_t size = ZSTD_CCtx_refCDict(x_context.get(), prepared);
  if (ZSTD_isError(size) == 0) {
    size = ZSTD_compress2(x_context.get(), x_buffer.data(), x_buffer.size(), plaintext.data(),
                          plaintext.size());
  }
  // With room for the worst case, nothing but memory can be wanting.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  return {x_buffer.begin(), x_buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

ZstdDecompressor::ZstdDecompressor() : x_context(ZSTD_createDCtx()) {
  if (!x_context) throw std::bad_alloc();
}

bool ZstdDecompressor::decompress(ByteView compressed, MutableByteView plaintext,
                                  const ZstdDictionary* dictionary) {
  const auto header = decode_frame_header(compressed);
  if (!header || header->content_size != plaintext.size()) return false;
  if (header->window_size > header->content_size) return false;
  // One frame and nothing behind it, where the library would go on to the next frame.
  if (ZSTD_findFrameCompressedSize(compressed.data(), compressed.size()) != compressed.size()) {
    return false;
  }
  const ZSTD_DDict* prepared =
      dictionary == nullptr ? nullptr : dictionary->x_for_decompressing.get();
  return ZSTD_decompress_usingDDict(x_context.get(), plaintext.data(), plaintext.size(),
                                    compressed.data(), compressed.size(),
                                    prepared) == plaintext.size();
}

}  // namespace muniment
