#include "tests/support/fixed.hpp"

#include <doctest/doctest.h>

using namespace muniment;

TEST_CASE("fixed random: the same seed gives SplitMix64's published numbers") {
  test::FixedRandom random(1234567);
  CHECK(random.next() == 6457827717110365317U);
  CHECK(random.next() == 3203168211198807973U);
}

TEST_CASE("fixed random: bytes are the numbers in little-endian order") {
  test::FixedRandom numbers(7);
  test::FixedRandom bytes(7);
  const std::uint64_t first = numbers.next();
  const auto taken = bytes.bytes(11);
  CHECK(FixedBytes<struct WordTag, 8>::from_bytes(ByteView(taken).first(8))->prefix() == first);
  CHECK(taken[8] == static_cast<std::byte>(numbers.next() & 0xffU));
}
