// The vocabulary for raw bytes: owned, viewed, and of fixed length with a meaning.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muniment {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

// The bytes of `text`, not copied; valid as long as `text` is.
inline ByteView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The bytes as text, not copied and not checked for any encoding.
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The form in which C libraries take bytes.
inline const unsigned char* c_bytes(ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline unsigned char* c_bytes(MutableByteView bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

inline Bytes to_bytes(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

inline void append(Bytes& target, ByteView source) {
  target.insert(target.end(), source.begin(), source.end());
}

// Not constant in time: never for secrets, which have no `==`.
inline bool equal(ByteView a, ByteView b) noexcept {
  // std::ranges::equal compares std::byte one at a time.
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

// Empty unless `text` is exactly 2·out.size() lower-case hexadecimal digits.
[[nodiscard]] bool from_hex(std::string_view text, MutableByteView out) noexcept;

// `size` public bytes with a meaning: two ids of different kinds do not compare or convert. Values
// are ordered bytewise. Secrets are SecretKey (vault/crypto/secret.hpp), never this.
template <class Tag, std::size_t Size>
class FixedBytes {
 public:
  static constexpr std::size_t size = Size;

  constexpr FixedBytes() = default;

  explicit FixedBytes(std::span<const std::byte, Size> bytes) noexcept {
    std::ranges::copy(bytes, x_bytes.begin());
  }

  // Empty unless `bytes` has exactly `size` bytes.
  [[nodiscard]] static std::optional<FixedBytes> from_bytes(ByteView bytes) noexcept {
    if (bytes.size() != Size) return std::nullopt;
    return FixedBytes(bytes.template first<Size>());
  }

  [[nodiscard]] static std::optional<FixedBytes> from_hex(std::string_view text) noexcept {
    FixedBytes result;
    if (!muniment::from_hex(text, result.x_bytes)) return std::nullopt;
    return result;
  }

  [[nodiscard]] ByteView view() const noexcept { return x_bytes; }
  [[nodiscard]] MutableByteView mutable_view() noexcept { return x_bytes; }
  [[nodiscard]] std::string hex() const { return to_hex(x_bytes); }
  [[nodiscard]] bool is_zero() const noexcept { return *this == FixedBytes{}; }

  // The first eight bytes, little endian: a hash of an id that is itself a hash.
  [[nodiscard]] std::uint64_t prefix() const noexcept
    requires(Size >= 8)
  {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;)
      value = value << 8U | std::to_integer<std::uint64_t>(x_bytes[i]);
    return value;
  }

  friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

 private:
  std::array<std::byte, Size> x_bytes{};
};

}  // namespace muniment

template <class Tag, std::size_t Size>
struct std::hash<muniment::FixedBytes<Tag, Size>> {
  std::size_t operator()(const muniment::FixedBytes<Tag, Size>& value) const noexcept {
    return std::hash<std::string_view>{}(muniment::as_text(value.view()));
  }
};
