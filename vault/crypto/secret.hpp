// Secret bytes: locked, guarded, wiped memory, and a type for each purpose, so that a key cannot be
// used for anything but what it was made for.
#pragma once

#include <utility>

#include "vault/base/bytes.hpp"
#include "vault/base/handle.hpp"
#include "vault/crypto/random.hpp"

namespace muniment {

namespace detail {
void free_secret(std::byte* memory) noexcept;
}

// `size` bytes between guard pages, locked where the system lets us, wiped when dropped. Move-only;
// a moved-from one is empty. Secrets have no `==`, no hash and no printed form. Each takes four
// pages of address space and some system calls: for keys, not for data.
class SecretBytes {
 public:
  SecretBytes() = default;
  // Zeros.
  explicit SecretBytes(std::size_t size);
  // Copies `source`, whose own wiping stays its owner's business.
  [[nodiscard]] static SecretBytes copy_of(ByteView source);

  [[nodiscard]] std::size_t size() const noexcept { return x_memory ? x_size : 0; }
  [[nodiscard]] ByteView view() const noexcept { return {x_memory.get(), size()}; }
  [[nodiscard]] MutableByteView mutable_view() noexcept { return {x_memory.get(), size()}; }

 private:
  Handle<std::byte, detail::free_secret> x_memory;
  std::size_t x_size = 0;
};

// 32 secret bytes for one Purpose. A moved-from key is empty, and using it is our bug.
template <class Purpose>
class SecretKey {
 public:
  static constexpr std::size_t size = 32;

  [[nodiscard]] static SecretKey generate(Random& random) {
    SecretBytes bytes(size);
    random.fill(bytes.mutable_view());
    return SecretKey(std::move(bytes));
  }

  // Empty unless `bytes` has exactly 32 bytes.
  [[nodiscard]] static std::optional<SecretKey> from_bytes(ByteView bytes) {
    if (bytes.size() != size) return std::nullopt;
    return SecretKey(SecretBytes::copy_of(bytes));
  }

  // As above, without a copy.
  [[nodiscard]] static std::optional<SecretKey> from_bytes(SecretBytes bytes) {
    if (bytes.size() != size) return std::nullopt;
    return SecretKey(std::move(bytes));
  }

  // Explicit, since each copy is one more place that holds the key.
  [[nodiscard]] SecretKey clone() const { return SecretKey(SecretBytes::copy_of(x_bytes.view())); }

  [[nodiscard]] ByteView view() const noexcept { return x_bytes.view(); }

 private:
  explicit SecretKey(SecretBytes bytes) : x_bytes(std::move(bytes)) {}

  SecretBytes x_bytes;
};

// Overwrites memory in a way that the compiler keeps.
void wipe(MutableByteView bytes) noexcept;

// True if equal; takes the same time wherever they differ. Sizes are public.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace muniment
