#include "vault/codec/probe.hpp"

#include <algorithm>
#include <cmath>

namespace muniment {

namespace {

struct Magic {
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;

constexpr std::array magics = {
    Magic{0, "\xff\xd8\xff"sv},                      // JPEG
    Magic{0, "\x00\x00\x00\x0cjP  "sv},              // JPEG 2000
    Magic{0, "\x00\x00\x00\x0cJXL "sv},              // JPEG XL
    Magic{0, "\x89PNG\r\n\x1a\n"sv},                 // PNG
    Magic{0, "GIF8"sv},                              // GIF
    Magic{8, "WEBP"sv},                              // in RIFF
    Magic{8, "AVI LIST"sv},                          // in RIFF
    Magic{4, "ftyp"sv},                              // ISO base media: MP4, MOV, HEIC, AVIF
    Magic{0, "\x1a\x45\xdf\xa3"sv},                  // Matroska, WebM
    Magic{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv},  // ASF: WMV, WMA
    Magic{0, "ID3"sv},                               // MP3 with tags
    Magic{0, "\xff\xfb"sv},                          // MP3, MPEG 1
    Magic{0, "\xff\xf3"sv},                          // MP3, MPEG 2
    Magic{0, "\xff\xf1"sv},                          // AAC
    Magic{0, "\xff\xf9"sv},                          // AAC
    Magic{0, "OggS"sv},                              // Ogg
    Magic{0, "fLaC"sv},                              // FLAC
    Magic{0, "PK\x03\x04"sv},                        // zip, OOXML, ODF, EPUB
    Magic{0, "PK\x05\x06"sv},                        // zip, empty
    Magic{0, "PK\x07\x08"sv},                        // zip in parts
    Magic{0, "\x1f\x8b\x08"sv},                      // gzip
    Magic{0, "\xfd\x37zXZ\x00"sv},                   // xz
    Magic{0, "\x28\xb5\x2f\xfd"sv},                  // zstd
    Magic{0, "\x04\x22\x4d\x18"sv},                  // lz4
    Magic{4, "1AY&SY"sv},                            // bzip2, after "BZh" and the block size
    Magic{0, "7z\xbc\xaf\x27\x1c"sv},                // 7z
    Magic{0, "Rar!\x1a\x07"sv},                      // RAR
};

constexpr std::size_t sample_bytes = 4096;
constexpr std::size_t bytes_per_sample = 4 * sample_bytes;
constexpr std::size_t samples_max = 8;
constexpr double saving_wanted = 0.03;

// n·log2(n), for every count that a sample can hold.
const std::array<float, sample_bytes + 1>& weights() {
  static const auto table = [] {
    std::array<float, sample_bytes + 1> values{};
    for (std::size_t n = 2; n < values.size(); ++n) {
      const auto count = static_cast<float>(n);
      values[n] = count * std::log2(count);
    }
    return values;
  }();
  return table;
}

// Shannon's entropy of the bytes of one sample, in bits for the whole of it: what an order-0 coder
// needs.
double entropy_bits(ByteView sample) {
  // Two tables, so that equal neighbours do not wait for each other.
  std::array<std::array<std::uint16_t, 256>, 2> counts{};
  for (std::size_t i = 0; i + 1 < sample.size(); i += 2) {
    ++counts[0][std::to_integer<std::size_t>(sample[i])];
    ++counts[1][std::to_integer<std::size_t>(sample[i + 1])];
  }
  const auto& weight = weights();
  double weighted = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    weighted += weight[std::size_t{counts[0][value]} + counts[1][value]];
  }
  return weight[sample_bytes] - weighted;
}

}  // namespace

bool magic_says_compressible(ByteView beginning) noexcept {
  const std::string_view text = as_text(beginning);
  return std::ranges::none_of(magics, [&](const Magic& magic) {
    return text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes);
  });
}

bool sample_says_compressible(ByteView chunk) {
  if (chunk.size() < sample_bytes) return true;  // compressing it costs no more than a good guess
  const std::size_t samples =
      std::clamp<std::size_t>(chunk.size() / bytes_per_sample, 1, samples_max);
  const std::size_t stride = samples == 1 ? 0 : (chunk.size() - sample_bytes) / (samples - 1);
  double bits = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    bits += entropy_bits(chunk.subspan(i * stride, sample_bytes));
  }
  return bits <= (1 - saving_wanted) * 8 * static_cast<double>(samples * sample_bytes);
}

}  // namespace muniment
