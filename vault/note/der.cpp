#include "vault/note/der.hpp"

namespace muniment::der {

std::size_t Reader::take_head(std::size_t& length) noexcept {
  length = 0;
  if (x_rest.size() < 2) return 0;
  const auto at = [this](std::size_t i) { return std::to_integer<std::size_t>(x_rest[i]); };
  // Tags of several bytes are not used here; neither are indefinite lengths in DER.
  if ((at(0) & 0x1fU) == 0x1fU) return 0;
  if (at(1) < 0x80) {
    length = at(1);
    return 2;
  }
  const std::size_t bytes = at(1) & 0x7fU;
  if (bytes == 0 || bytes > 3 || x_rest.size() < 2 + bytes) return 0;
  for (std::size_t i = 0; i < bytes; ++i) length = length << 8U | at(2 + i);
  const bool shortest = length >= 0x80 && length >> (8 * (bytes - 1)) != 0;
  return shortest ? 2 + bytes : 0;
}

ByteView Reader::take_whole(std::uint8_t tag) noexcept {
  std::size_t length = 0;
  const std::size_t head = take_head(length);
  if (head == 0 || !next_is(tag) || x_rest.size() - head < length) {
    fail();
    return {};
  }
  const ByteView whole = x_rest.first(head + length);
  x_rest = x_rest.subspan(head + length);
  return whole;
}

ByteView Reader::take(std::uint8_t tag) noexcept {
  std::size_t length = 0;
  take_head(length);
  const ByteView whole = take_whole(tag);
  return x_ok ? whole.last(length) : whole;
}

bool Reader::next_is(std::uint8_t tag) const noexcept {
  return !x_rest.empty() && std::to_integer<std::uint8_t>(x_rest.front()) == tag;
}

void Reader::skip() noexcept {
  if (x_rest.empty()) {
    fail();
    return;
  }
  take_whole(std::to_integer<std::uint8_t>(x_rest.front()));
}

}  // namespace muniment::der
