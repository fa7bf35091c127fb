#include "vault/chunk/chunker.hpp"

#include <algorithm>

#include "vault/base/cursor.hpp"
#include "vault/chunk/format.hpp"

namespace muniment {

namespace {

using namespace chunk_format;
using limits::chunk_bytes_max;
using limits::chunk_bytes_min;

std::uint64_t rolled(const GearTable& table, std::uint64_t hash, std::byte byte) noexcept {
  return (hash << 1U) + table[std::to_integer<std::size_t>(byte)];
}

// The first length of `data`, from `from` and below its size, at which the hash meets `mask`, or
// else its size. `hash` is that of length from - 1 before and, where none meets it, of size - 1
// after.
std::size_t scan(const GearTable& table, ByteView data, std::size_t from, std::uint64_t mask,
                 std::uint64_t& hash) noexcept {
  std::uint64_t current = hash;  // a local, so that the loop keeps it in a register
  std::size_t length = from;
  for (; length < data.size(); ++length) {
    current = rolled(table, current, data[length - 1]);
    if ((current & mask) == 0) break;
  }
  hash = current;
  return length;
}

}  // namespace

GearTable derive_gear_table(const ChunkerKey& key) {
  using Block = FixedBytes<struct GearBlockTag, 32>;
  GearTable table{};
  for (std::size_t i = 0; i < table.size(); i += 4) {
    const std::byte number{static_cast<unsigned char>(i / 4)};
    const auto block = keyed_hash<Block>(key, {as_bytes(gear_label), ByteView(&number, 1)});
    ByteReader reader(block.view());
    for (std::size_t word = 0; word < 4; ++word) table[i + word] = reader.u64();
  }
  return table;
}

std::size_t find_cut(const GearTable& table, ByteView data) noexcept {
  if (data.size() <= chunk_bytes_min) return data.size();
  data = data.first(std::min(data.size(), chunk_bytes_max));
  const ByteView beginning = data.first(std::min(data.size(), loose_from));
  std::uint64_t hash = 0;
  for (const std::byte byte : data.subspan(chunk_bytes_min - window_bytes, window_bytes - 1)) {
    hash = rolled(table, hash, byte);
  }
  const std::size_t length = scan(table, beginning, chunk_bytes_min, strict_mask, hash);
  if (length < beginning.size()) return length;
  return scan(table, data, length, loose_mask, hash);
}

}  // namespace muniment
