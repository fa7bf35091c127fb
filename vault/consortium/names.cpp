#include "vault/consortium/names.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/text.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

constexpr std::string_view digest_label{"muniment/name/v1\0", 17};
constexpr std::size_t collection_name_bytes_max = 63;

}  // namespace

Sha256Digest SaltedName::digest() const {
  Sha256 hash;
  hash.update(as_bytes(digest_label));
  hash.update(salt.view());
  hash.update(as_bytes(name));
  return hash.finish();
}

SaltedName SaltedName::make(std::string_view name, Random& random) {
  VAULT_ASSERT(is_valid_name(name));
  return {random.fixed<NameSalt>(), std::string(name)};
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && escape(name) == name;
}

bool is_valid_collection_name(std::string_view name) noexcept {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= collection_name_bytes_max &&
         letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter_or_digit(c) || c == '-'; });
}

}  // namespace muniment
