#include "vault/crypto/secret.hpp"

#include <new>

#include "vault/crypto/sodium.hpp"

namespace muniment {

namespace detail {

void free_secret(std::byte* memory) noexcept {
  sodium_free(memory);
}

}  // namespace detail

SecretBytes::SecretBytes(std::size_t size) : x_size(size) {
  detail::init_sodium();
  x_memory.reset(static_cast<std::byte*>(sodium_malloc(size)));
  if (!x_memory) throw std::bad_alloc();
  wipe(mutable_view());
}

SecretBytes SecretBytes::copy_of(ByteView source) {
  SecretBytes copy(source.size());
  std::ranges::copy(source, copy.mutable_view().begin());
  return copy;
}

void wipe(MutableByteView bytes) noexcept {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace muniment
