// The constants of a pack: the same table as FORMAT.md beside this file. Numbers are stored bytes;
// none of them ever changes its meaning.
#pragma once

#include <array>
#include <string>

#include "vault/base/ids.hpp"
#include "vault/crypto/aead.hpp"

namespace muniment {

// log2 of the body's size. Nothing else about a pack's contents is visible.
enum class PackClass : std::uint8_t { mib1 = 20, mib2 = 21, mib4 = 22, mib8 = 23, mib16 = 24 };

inline constexpr std::array pack_classes{PackClass::mib1, PackClass::mib2, PackClass::mib4,
                                         PackClass::mib8, PackClass::mib16};

// What a frame holds.
enum class FrameType : std::uint8_t {
  data = 1,
  manifest = 2,
  dictionary = 3,
  index = 4,
  note = 5,
  derivative = 6,
};

// How a frame's payload was made from the chunk.
enum class CodecKind : std::uint8_t { raw = 0, zstd = 1 };

namespace pack_format {

// Shards, RFC 9162 leaves and Reed-Solomon symbols are the same thing: 1/256 of the body.
inline constexpr std::size_t shards = 256;
inline constexpr std::size_t data_shards = 248;
inline constexpr std::size_t parity_shards = shards - data_shards;
inline constexpr std::size_t tile_bytes = shards * Sha256Digest::size;

// Clear header.
inline constexpr std::array magic{std::byte{0x89}, std::byte{'M'},  std::byte{'N'},
                                  std::byte{'P'},  std::byte{0x0d}, std::byte{0x0a},
                                  std::byte{0x1a}, std::byte{0x0a}};
inline constexpr std::uint8_t version = 1;
inline constexpr std::uint8_t hash_sha256 = 1;
inline constexpr std::uint8_t kem_xwing = 1;
inline constexpr std::uint8_t key_scheme_epoch = 0;
inline constexpr std::size_t keyed_header_bytes = 1136;  // what the pack's key depends on
inline constexpr std::size_t header_bytes = 1280;
inline constexpr std::string_view key_info{"muniment/pack/v1\0", 17};

// Sealed parts.
inline constexpr std::size_t head_bytes = 32;
inline constexpr std::size_t codec_count_bytes = 2;
inline constexpr std::size_t codec_bytes = 40;
inline constexpr std::size_t entry_bytes = 42;
inline constexpr std::size_t batch_key_bytes = 32;  // or none
inline constexpr std::size_t codecs_max = 256;
inline constexpr std::uint64_t head_nonce = 0;
inline constexpr std::uint64_t table_nonce = 1;
inline constexpr std::uint64_t first_frame_nonce = 2;

// The file beside a partial pack.
inline constexpr std::array partial_magic{std::byte{0x89}, std::byte{'M'},  std::byte{'N'},
                                          std::byte{'S'},  std::byte{0x0d}, std::byte{0x0a},
                                          std::byte{0x1a}, std::byte{0x0a}};

}  // namespace pack_format

[[nodiscard]] constexpr std::size_t body_bytes(PackClass c) noexcept {
  return std::size_t{1} << static_cast<unsigned>(c);
}
[[nodiscard]] constexpr std::size_t shard_bytes(PackClass c) noexcept {
  return body_bytes(c) / pack_format::shards;
}
// The part of the body that is not parity.
[[nodiscard]] constexpr std::size_t data_bytes(PackClass c) noexcept {
  return shard_bytes(c) * pack_format::data_shards;
}
[[nodiscard]] constexpr std::size_t file_bytes(PackClass c) noexcept {
  return body_bytes(c) + pack_format::tile_bytes;
}

// All that the layout of a pack's body depends on.
struct PackForm {
  Suite suite = Suite::aegis256;
  PackClass size_class = PackClass::mib16;

  friend bool operator==(const PackForm&, const PackForm&) = default;
};

// Where the first sealed frame begins.
[[nodiscard]] inline std::size_t frames_offset(Suite suite) noexcept {
  return pack_format::header_bytes + pack_format::head_bytes + tag_bytes(suite);
}

// The bytes that sealed frames and the table's plaintext may take together: what header, head and
// the tags of table and tail leave of the data area.
[[nodiscard]] inline std::size_t pack_room(const PackForm& form) noexcept {
  return data_bytes(form.size_class) - frames_offset(form.suite) - 2 * tag_bytes(form.suite);
}

[[nodiscard]] std::optional<PackClass> pack_class_from(std::uint64_t log2_body) noexcept;
// The class whose files have exactly this size.
[[nodiscard]] std::optional<PackClass> pack_class_of_file(std::uint64_t size) noexcept;

// `packs/ab/<64 hexadecimal digits>.pack`, a PackStore key.
[[nodiscard]] std::string pack_key(const PackId& id);
// Empty unless `key` is exactly what pack_key gives for some id.
[[nodiscard]] std::optional<PackId> pack_id_from_key(std::string_view key) noexcept;

}  // namespace muniment
