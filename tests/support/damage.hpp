// Every way to damage a little: what a strict decoder has to refuse or to read as something else.
#pragma once

#include <utility>

#include "vault/base/bytes.hpp"

namespace muniment::test {

// Calls `check(damaged, bit)` for every copy of `good` with one bit turned, bit 0 being the lowest
// of byte 0.
template <class Check>
void for_each_bit_flip(ByteView good, Check&& check) {
  Bytes damaged(good.begin(), good.end());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1U << bit % 8);
    damaged[bit / 8] ^= mask;
    check(ByteView(damaged), bit);
    damaged[bit / 8] ^= mask;
  }
}

// Calls `check(prefix)` for every prefix of `good` but the whole. Each is a copy of exactly its own
// size, so that the address sanitizer sees whoever reads past it.
template <class Check>
void for_each_truncation(ByteView good, Check&& check) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    check(ByteView(prefix));
  }
}

}  // namespace muniment::test
