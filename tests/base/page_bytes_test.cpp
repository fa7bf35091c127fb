#include "vault/base/page_bytes.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace muniment;

TEST_CASE("page bytes: a block begins on a page and keeps its memory when it shrinks") {
  PageBytes block(3 * PageBytes::page_bytes + 1);
  CHECK(block.size() == 3 * PageBytes::page_bytes + 1);
  CHECK(reinterpret_cast<std::uintptr_t>(block.data()) % PageBytes::page_bytes == 0);
  std::ranges::fill(block, std::byte{7});
  const std::byte* const before = block.data();
  block.resize(5);
  block.resize(2 * PageBytes::page_bytes);
  CHECK(block.data() == before);
  CHECK(std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{7}; }));
  block.resize(std::size_t{3} << 20U);
  CHECK(block.size() == std::size_t{3} << 20U);
}

TEST_CASE("page bytes: a moved block leaves an empty one behind") {
  PageBytes block(10);
  const PageBytes other(std::move(block));
  CHECK(other.size() == 10);
  PageBytes third;
  CHECK(third.size() == 0);
  third = PageBytes(20);
  CHECK(third.size() == 20);
}
