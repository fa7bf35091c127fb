// zstd (RFC 8878) with an output limit: the only place that touches the library.
#pragma once

#include <memory>

#include "vault/base/bytes.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace muniment {

namespace detail {

struct FreeZstd {
  void operator()(ZSTD_CCtx_s* context) const noexcept;
  void operator()(ZSTD_DCtx_s* context) const noexcept;
  void operator()(ZSTD_CDict_s* dictionary) const noexcept;
  void operator()(ZSTD_DDict_s* dictionary) const noexcept;
};

template <class T>
using ZstdHandle = std::unique_ptr<T, FreeZstd>;

}  // namespace detail

inline constexpr int zstd_level_min = 1;
inline constexpr int zstd_level_max = 19;

// The library's version as stored in pack tables: major·10000 + minor·100 + patch.
[[nodiscard]] std::uint32_t zstd_version() noexcept;

// A dictionary prepared once and shared by any number of threads.
class ZstdDictionary {
 public:
  // For compressing at `level`, whatever the compressor's own, and for decompressing. Any bytes
  // serve; empty only for those that begin like a trained dictionary (RFC 8878 §5) and are not one.
  [[nodiscard]] static std::optional<ZstdDictionary> prepare(ByteView content, int level);
  // As above, for decompressing only.
  [[nodiscard]] static std::optional<ZstdDictionary> prepare_to_decompress(ByteView content);

  // A dictionary of at most `size_max` bytes from samples; empty where they do not give one. Some
  // 50 ms for 4 MiB of samples.
  [[nodiscard]] static std::optional<Bytes> train(std::span<const ByteView> samples,
                                                  std::size_t size_max);

 private:
  friend class ZstdCompressor;
  friend class ZstdDecompressor;
  ZstdDictionary() = default;

  detail::ZstdHandle<ZSTD_CDict_s> x_for_compressing;
  detail::ZstdHandle<ZSTD_DDict_s> x_for_decompressing;
};

// Reuses its working memory. One thread at a time.
class ZstdCompressor {
 public:
  // zstd_level_min to zstd_level_max.
  explicit ZstdCompressor(int level);

  // One frame: no checksum (the AEAD has one), no dictionary id, content size present. `dictionary`
  // may be null and must then be null for decompressing. The result is a function of input, level,
  // dictionary and library version.
  [[nodiscard]] Bytes compress(ByteView plaintext, const ZstdDictionary* dictionary = nullptr);

 private:
  detail::ZstdHandle<ZSTD_CCtx_s> x_context;
  Bytes x_buffer;
};

// Reuses its working memory. One thread at a time.
class ZstdDecompressor {
 public:
  ZstdDecompressor();

  // False unless `compressed` is exactly one frame, of the form above, that fills `plaintext`
  // exactly; `plaintext` is then in an unknown state. Never writes past it, and takes no more
  // working memory whatever the frame asks for. A window larger than the content is refused.
  [[nodiscard]] bool decompress(ByteView compressed, MutableByteView plaintext,
                                const ZstdDictionary* dictionary = nullptr);

 private:
  detail::ZstdHandle<ZSTD_DCtx_s> x_context;
};

}  // namespace muniment
