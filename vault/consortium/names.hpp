// Names of members and devices. What is signed in clear holds only a salted digest of a name; name
// and salt stand in a sealed part, so that a seized disk says nothing and a reader can check all
// the same.
#pragma once

#include <string>
#include <string_view>

#include "vault/base/ids.hpp"
#include "vault/crypto/random.hpp"

namespace muniment {

using NameSalt = FixedBytes<struct NameSaltTag, 32>;

inline constexpr std::size_t name_bytes_max = 255;

// A name and the salt of its digest.
struct SaltedName {
  NameSalt salt;
  std::string name;

  // SHA-256("muniment/name/v1" || 00 || salt || name).
  [[nodiscard]] Sha256Digest digest() const;
  // With a new salt. The name must be a valid one.
  [[nodiscard]] static SaltedName make(std::string_view name, Random& random);

  friend bool operator==(const SaltedName&, const SaltedName&) = default;
};

// Of members and devices: 1 to 255 bytes that are printed as they are (vault/base/text.hpp,
// escape).
[[nodiscard]] bool is_valid_name(std::string_view name);

// Of collections: [a-z0-9][a-z0-9-]{0,62}.
[[nodiscard]] bool is_valid_collection_name(std::string_view name) noexcept;

}  // namespace muniment
