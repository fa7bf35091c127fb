// The fixed parts of an age v1 file (c2sp.org/age).
#pragma once

#include <cstddef>
#include <string_view>

namespace muniment {

inline constexpr std::string_view age_version_line = "age-encryption.org/v1";
inline constexpr std::string_view age_stanza_start = "-> ";
inline constexpr std::string_view age_end_start = "---";
inline constexpr std::size_t age_columns = 64;
inline constexpr std::size_t age_mac_bytes = 32;
inline constexpr std::size_t age_nonce_bytes = 16;
inline constexpr std::size_t age_file_key_bytes = 16;
inline constexpr std::size_t age_chunk_bytes = 65536;
inline constexpr std::size_t age_tag_bytes = 16;
inline constexpr std::string_view age_hpke_info = "age-encryption.org/mlkem768x25519";
inline constexpr std::string_view age_recipient_prefix = "age1pq";
inline constexpr std::string_view age_identity_prefix = "age-secret-key-pq-";

}  // namespace muniment
