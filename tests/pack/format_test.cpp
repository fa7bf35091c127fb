// The sizes and names that FORMAT.md states.
#include "vault/pack/format.hpp"

#include <doctest/doctest.h>

#include "vault/store/pack_store.hpp"

namespace muniment::test {

TEST_CASE("pack format: sizes are those of FORMAT.md") {
  CHECK(file_bytes(PackClass::mib1) == 1'056'768);
  CHECK(file_bytes(PackClass::mib16) == 16'785'408);
  CHECK(shard_bytes(PackClass::mib1) == 4'096);
  CHECK(shard_bytes(PackClass::mib16) == 65'536);
  CHECK(data_bytes(PackClass::mib1) == 1'015'808);
  CHECK(data_bytes(PackClass::mib16) == 16'252'928);
  CHECK(frames_offset(Suite::aegis256) == 1'344);
  CHECK(frames_offset(Suite::xchacha20poly1305) == 1'328);
  CHECK(pack_room({Suite::aegis256, PackClass::mib1}) == 1'014'400);
  CHECK(pack_room({Suite::xchacha20poly1305, PackClass::mib16}) == 16'251'568);
}

TEST_CASE("pack format: a class is one of five numbers, and each has a file size of its own") {
  for (std::uint64_t number = 0; number < 300; ++number) {
    const auto size_class = pack_class_from(number);
    CHECK(size_class.has_value() == (number >= 20 && number <= 24));
    if (!size_class) continue;
    CHECK(body_bytes(*size_class) == std::uint64_t{1} << number);
    CHECK(pack_class_of_file(file_bytes(*size_class)) == size_class);
    CHECK_FALSE(pack_class_of_file(file_bytes(*size_class) - 1));
    CHECK_FALSE(pack_class_of_file(body_bytes(*size_class)));
  }
  CHECK_FALSE(pack_class_from(20 + (std::uint64_t{1} << 32U)));
}

TEST_CASE("pack format: a pack's key in a store names it and nothing else does") {
  PackId id;
  for (std::size_t i = 0; i < PackId::size; ++i) id.mutable_view()[i] = std::byte(0xa0 + i % 16);
  const std::string key = pack_key(id);
  CHECK(key == "packs/a0/a0a1a2a3a4a5a6a7a8a9aaabacadaeafa0a1a2a3a4a5a6a7a8a9aaabacadaeaf.pack");
  CHECK(is_store_key(key));
  CHECK(pack_id_from_key(key) == id);
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string other = key;
    other[i] = other[i] == 'z' ? 'y' : 'z';
    CHECK_FALSE(pack_id_from_key(other));
    CHECK_FALSE(pack_id_from_key(key.substr(0, i)));
  }
  std::string upper = key;
  std::ranges::replace(upper, 'a', 'A');
  CHECK_FALSE(pack_id_from_key(upper));
  CHECK_FALSE(pack_id_from_key(key + "x"));
  CHECK_FALSE(pack_id_from_key("packs/ff" + key.substr(8)));
}

}  // namespace muniment::test
