// What every decoder of a text has to fulfil: no two texts have the same value.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/support/damage.hpp"

namespace muniment::test {

// `good` decodes and prints as it was; whatever else decodes after damage prints as it was, too;
// and nothing may follow it.
template <class Decode>
void check_strict_text(const std::string& good, Decode decode) {
  const auto prints_as_read = [&decode](ByteView bytes) {
    const auto value = decode(as_text(bytes));
    return !value || encode(*value) == as_text(bytes);
  };
  const auto value = decode(std::string_view(good));
  REQUIRE(value);
  CHECK(encode(*value) == good);
  for_each_truncation(as_bytes(good), [&](ByteView cut) { REQUIRE(prints_as_read(cut)); });
  for_each_bit_flip(as_bytes(good), [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    REQUIRE(prints_as_read(bytes));
  });
  CHECK_FALSE(decode(good + "later 1\n"));
  CHECK_FALSE(decode(good + "\n"));
  CHECK_FALSE(decode(std::string_view()));
}

}  // namespace muniment::test
