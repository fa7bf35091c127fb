// Known answers are written in hexadecimal, as the documents have them.
#pragma once

#include <doctest/doctest.h>

#include "vault/base/bytes.hpp"

namespace muniment::test {

inline Bytes hex(std::string_view text) {
  Bytes bytes(text.size() / 2);
  REQUIRE(from_hex(text, bytes));
  return bytes;
}

// first, first + 1, ... , last
inline Bytes byte_range(unsigned first, unsigned last) {
  Bytes bytes;
  for (unsigned value = first; value <= last; ++value) {
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

}  // namespace muniment::test
