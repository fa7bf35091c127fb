// The two data types of SSH (RFC 4251 §5) that keys and signatures are made of: uint32, big endian,
// and string, bytes behind a uint32 length.
#pragma once

#include "vault/base/cursor.hpp"

namespace muniment::ssh_wire {

void put_u32(Bytes& target, std::uint32_t value);
void put_string(Bytes& target, ByteView bytes);

[[nodiscard]] std::uint32_t take_u32(ByteReader& reader) noexcept;
// A view into the source.
[[nodiscard]] ByteView take_string(ByteReader& reader) noexcept;

}  // namespace muniment::ssh_wire
