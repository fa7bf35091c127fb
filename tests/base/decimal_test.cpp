#include "vault/base/decimal.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace muniment {

TEST_CASE("decimal: what std::to_string gives is read") {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{10},
                                    std::numeric_limits<std::uint64_t>::max()}) {
    CHECK(from_decimal(std::to_string(value)) == value);
  }
}

TEST_CASE("decimal: signs, leading zeros, spaces, other digits and what overflows are refused") {
  for (const std::string_view text :
       {"", "00", "07", "+7", "-7", " 7", "7 ", "7\n", "0x7", "7.0", "1e3", "\u0667",
        "18446744073709551616", "99999999999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(from_decimal(text));
  }
  CHECK_FALSE(from_decimal(std::string_view("7\0", 2)));
}

}  // namespace muniment
