// The keyring file's numbers; FORMAT.md has them as tables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muniment::keyring_format {

inline constexpr std::array<unsigned char, 8> magic{0x89, 'M', 'N', 'K', '\r', '\n', 0x1a, '\n'};
inline constexpr std::uint16_t version = 1;

// Header: magic, version, number of slots, zeros, generation, vault, device, consortium, zeros.
inline constexpr std::size_t header_bytes = 128;
inline constexpr std::size_t header_zeros_at = 88;

// Slot: id, kind, compartments, zeros, Argon2id passes and memory, salt, two wrapped keys.
inline constexpr std::size_t slots_max = 32;
inline constexpr std::size_t slot_bytes = 208;
inline constexpr std::size_t wrapped_box_bytes = 32 + 32 + 16;  // salt, key, tag

// Compartment: length of its content, salt, sealed content.
inline constexpr std::size_t content_class_bytes = 1024;
inline constexpr std::size_t content_bytes_max = 64 * content_class_bytes;
inline constexpr std::size_t content_tag_bytes = 16;

inline constexpr std::size_t checksum_bytes = 32;

inline constexpr std::uint16_t content_version = 1;

// Fields of the contents. A tag that is not listed is kept as it is.
inline constexpr std::uint16_t end_tag = 0;
inline constexpr std::uint16_t transport_tag = 1;
inline constexpr std::uint16_t log_tag = 2;
inline constexpr std::uint16_t witness_tag = 3;
inline constexpr std::uint16_t replica_tag = 4;
inline constexpr std::uint16_t reading_tag = 1;
inline constexpr std::uint16_t catalog_tag = 2;
inline constexpr std::uint16_t authority_tag = 3;

// What keys are derived from: each is followed by a zero byte and what FORMAT.md says.
inline constexpr std::string_view slot_label("muniment/keyring/slot/v1\0", 25);
inline constexpr std::string_view content_label("muniment/keyring/content/v1\0", 28);
inline constexpr std::string_view key_file_label = "muniment/keyring/key-file/v1";
inline constexpr std::string_view recovery_label = "muniment/keyring/recovery/v1";

inline constexpr std::string_view first_copy = "keyring";
inline constexpr std::string_view second_copy = "keyring.2";

}  // namespace muniment::keyring_format
