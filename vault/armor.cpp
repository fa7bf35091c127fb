#include "vault/armor.hpp"

#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/codec/zstd.hpp"
#include "vault/crypto/base64.hpp"

namespace muniment {

namespace {

constexpr std::string_view begin_line = "-----BEGIN MUNIMENT TEXT-----";
constexpr std::string_view end_line = "-----END MUNIMENT TEXT-----";
constexpr std::size_t columns = 64;

// Lines may have been wrapped, quoted with spaces or given other ends on the way.
std::string without_space(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') result += c;
  }
  return result;
}

std::optional<std::string> unpack(ByteView packed) {
  ByteReader reader(packed);
  const std::uint64_t size = reader.u64();
  if (!reader.ok() || size == 0 || size > exchange_text_bytes_max) return std::nullopt;
  std::string text(size, '\0');
  const MutableByteView target = std::as_writable_bytes(std::span(text));
  if (!ZstdDecompressor().decompress(reader.raw(reader.remaining()), target)) return std::nullopt;
  return text;
}

}  // namespace

std::string armor_record(std::string_view record) {
  if (record.size() > exchange_text_bytes_max) {
    throw Error(ErrorCode::limit,
                "the text would have " + std::to_string(record.size()) +
                    " bytes, and at most 67108864 are taken in",
                "hand over a copy of the ledgers in another way");
  }
  Bytes packed;
  ByteWriter writer(packed);
  writer.u64(record.size());
  writer.raw(ZstdCompressor(zstd_level_max).compress(as_bytes(record)));
  const std::string base64 = to_base64(packed);
  std::string armored(begin_line);
  for (std::size_t at = 0; at < base64.size(); at += columns) {
    armored += '\n';
    armored += base64.substr(at, columns);
  }
  return armored + '\n' + std::string(end_line) + '\n';
}

std::optional<std::string> dearmor_record(std::string_view text) {
  const std::size_t begin = text.find(begin_line);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t content = begin + begin_line.size();
  const std::size_t end = text.find(end_line, content);
  if (end == std::string_view::npos) return std::nullopt;
  const auto packed = from_base64(without_space(text.substr(content, end - content)));
  return packed ? unpack(*packed) : std::nullopt;
}

}  // namespace muniment
