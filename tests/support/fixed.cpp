#include "tests/support/fixed.hpp"

namespace muniment::test {

std::uint64_t FixedRandom::step() noexcept {
  x_state += 0x9e3779b97f4a7c15;
  std::uint64_t z = x_state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
  return z ^ (z >> 31U);
}

std::uint64_t FixedRandom::next() {
  const std::lock_guard lock(x_mutex);
  return step();
}

void FixedRandom::fill(MutableByteView target) {
  const std::lock_guard lock(x_mutex);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    word = i % 8 == 0 ? step() : word >> 8U;
    target[i] = static_cast<std::byte>(word & 0xffU);
  }
}

Bytes FixedRandom::bytes(std::size_t count) {
  Bytes result(count);
  fill(result);
  return result;
}

}  // namespace muniment::test
