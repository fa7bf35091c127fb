#include "vault/note/ssh_wire.hpp"

#include <utility>

#include "vault/base/assert.hpp"

namespace muniment::ssh_wire {

void put_u32(Bytes& target, std::uint32_t value) {
  for (unsigned shift = 32; shift != 0;) {
    shift -= 8;
    target.push_back(static_cast<std::byte>(value >> shift & 0xffU));
  }
}

void put_string(Bytes& target, ByteView bytes) {
  VAULT_ASSERT(std::in_range<std::uint32_t>(bytes.size()));
  put_u32(target, static_cast<std::uint32_t>(bytes.size()));
  append(target, bytes);
}

std::uint32_t take_u32(ByteReader& reader) noexcept {
  std::uint32_t value = 0;
  for (const std::byte byte : reader.raw(4)) {
    value = value << 8U | std::to_integer<std::uint32_t>(byte);
  }
  return value;
}

ByteView take_string(ByteReader& reader) noexcept {
  return reader.raw(take_u32(reader));
}

}  // namespace muniment::ssh_wire
