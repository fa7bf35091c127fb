// Any damage is healed exactly or reported. The input is a list of stretches to overwrite, seven
// bytes each: offset (3, little endian), length (2), shift of the length (1), value to add (1); a
// shorter rest of three bytes is a length to cut the file to.
#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/pack/heal.hpp"
#include "vault/pack/parity.hpp"
#include "vault/pack/tile.hpp"

using namespace muniment;

namespace {

constexpr std::size_t body_size = body_bytes(PackClass::mib1);

struct Good {
  Bytes file;
  PackId id;
};

// Healing does not look at what the data shards hold.
Good make_good() {
  Good good{.file = Bytes(file_bytes(PackClass::mib1)), .id = {}};
  const MutableByteView file = good.file;
  std::uint32_t state = 1;
  for (std::byte& byte : file.first(data_bytes(PackClass::mib1))) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24U);
  }
  encode_parity(file.first(body_size));
  const PackTile tile = hash_shards(file.first(body_size));
  encode_pack_tile(tile, file.subspan(body_size));
  good.id = pack_id(tile);
  return good;
}

std::size_t u24(ByteReader& reader) {
  const std::size_t low = reader.u16();
  return low | std::size_t{reader.u8()} << 16U;
}

Bytes damage(Bytes file, ByteView input) {
  ByteReader reader(input);
  while (reader.remaining() >= 7) {
    const std::size_t offset = u24(reader) % file.size();
    const std::size_t length = std::size_t{reader.u16()} << reader.u8() % 5;
    const unsigned value = reader.u8();
    for (std::byte& byte :
         MutableByteView(file).subspan(offset, std::min(length, file.size() - offset))) {
      byte = static_cast<std::byte>(std::to_integer<unsigned>(byte) + value);
    }
  }
  if (reader.remaining() >= 3) file.resize(u24(reader) % (2 * file.size()));
  return file;
}

std::vector<std::size_t> damaged_shards(ByteView file, ByteView good) {
  constexpr std::size_t size = shard_bytes(PackClass::mib1);
  std::vector<std::size_t> damaged;
  for (std::size_t i = 0; i < pack_format::shards; ++i) {
    if (!equal(file.subspan(i * size, size), good.subspan(i * size, size))) damaged.push_back(i);
  }
  return damaged;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Good good = make_good();
  const Bytes file = damage(good.file, std::as_bytes(std::span(data, size)));
  const PackExamination examination = examine_pack(file, good.id);
  VAULT_ASSERT((examination.condition == PackCondition::intact) == equal(file, good.file));
  VAULT_ASSERT(!examination.other);
  if (examination.condition == PackCondition::healable) {
    VAULT_ASSERT(equal(examination.healed, good.file));
  } else {
    VAULT_ASSERT(examination.healed.empty());
  }
  if (file.size() < good.file.size()) return 0;
  const auto shards = damaged_shards(file, good.file);
  const ByteView tile = ByteView(file).subspan(body_size, pack_format::tile_bytes);
  if (equal(tile, ByteView(good.file).subspan(body_size))) {
    // A sound tile tells everything, but for a file of the wrong length that is lost.
    const bool lost = examination.condition == PackCondition::lost;
    VAULT_ASSERT(lost == (shards.size() > pack_format::parity_shards));
    VAULT_ASSERT(examination.damaged_shards == shards || (lost && file.size() > good.file.size()));
  }
  return 0;
}
