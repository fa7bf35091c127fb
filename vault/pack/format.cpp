#include "vault/pack/format.hpp"

namespace muniment {

namespace {

constexpr std::string_view key_prefix = "packs/";
constexpr std::string_view key_suffix = ".pack";

}  // namespace

std::optional<PackClass> pack_class_from(std::uint64_t log2_body) noexcept {
  for (const PackClass size_class : pack_classes) {
    if (static_cast<std::uint64_t>(size_class) == log2_body) return size_class;
  }
  return std::nullopt;
}

std::optional<PackClass> pack_class_of_file(std::uint64_t size) noexcept {
  for (const PackClass size_class : pack_classes) {
    if (file_bytes(size_class) == size) return size_class;
  }
  return std::nullopt;
}

std::string pack_key(const PackId& id) {
  const std::string name = id.hex();
  return std::string(key_prefix).append(name, 0, 2).append("/").append(name).append(key_suffix);
}

std::optional<PackId> pack_id_from_key(std::string_view key) noexcept {
  constexpr std::size_t name_offset = key_prefix.size() + 3;
  constexpr std::size_t name_size = 2 * PackId::size;
  if (key.size() != name_offset + name_size + key_suffix.size()) return std::nullopt;
  const auto id = PackId::from_hex(key.substr(name_offset, name_size));
  if (!id || pack_key(*id) != key) return std::nullopt;
  return id;
}

}  // namespace muniment
