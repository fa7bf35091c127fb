// GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, AES's field, for Shamir's scheme. No table and no branch
// depends on a value, so that time and cache say nothing about a secret.
#pragma once

#include <cstdint>

namespace muniment::gf256 {

[[nodiscard]] constexpr std::uint8_t multiply(std::uint8_t a, std::uint8_t b) noexcept {
  unsigned product = 0;
  unsigned power = a;  // a · x^i
  for (unsigned i = 0; i < 8; ++i) {
    product ^= (0U - (b >> i & 1U)) & power;
    power = power << 1U ^ ((0U - (power >> 7U & 1U)) & 0x11bU);
  }
  return static_cast<std::uint8_t>(product);
}

// a^254, which is 1/a; 0 for 0.
[[nodiscard]] constexpr std::uint8_t inverse(std::uint8_t a) noexcept {
  std::uint8_t result = 1;
  for (unsigned i = 0; i < 7; ++i) {  // 254 = 0b11111110
    a = multiply(a, a);
    result = multiply(result, a);
  }
  return result;
}

}  // namespace muniment::gf256
