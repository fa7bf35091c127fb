#include "vault/store/pack_store.hpp"

#include <algorithm>

#include "vault/base/error.hpp"

namespace muniment {

namespace {

bool is_key_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
}

bool is_key_component(std::string_view component) noexcept {
  return !component.empty() && component.front() != '.' &&
         std::ranges::all_of(component, is_key_character);
}

// Bad sectors come one at a time: block by block, zeros for what cannot be read. False if nothing
// can.
bool read_what_can_be_read(const PackStore& store, std::string_view key, MutableByteView target) {
  constexpr std::size_t block_bytes = 4096;
  bool any = false;
  for (std::size_t offset = 0; offset < target.size(); offset += block_bytes) {
    const auto block = target.subspan(offset, std::min(block_bytes, target.size() - offset));
    try {
      any = store.get_range(key, offset, block).has_value() || any;
    } catch (const Error&) {
      std::ranges::fill(block, std::byte{0});
    }
  }
  return any;
}

}  // namespace

bool is_store_key(std::string_view key) noexcept {
  if (key.size() > store_key_bytes_max || key.find('/') == key.npos) return false;
  for (;;) {
    const std::size_t slash = key.find('/');
    if (!is_key_component(key.substr(0, slash))) return false;
    if (slash == key.npos) return true;
    key.remove_prefix(slash + 1);
  }
}

std::optional<Bytes> get_object(const PackStore& store, std::string_view key, std::uint64_t limit,
                                Bytes buffer) {
  const auto size = store.stat(key);
  if (!size) return std::nullopt;
  buffer.resize(std::min(*size, limit));
  try {
    const auto count = store.get_range(key, 0, buffer);
    if (!count) return std::nullopt;
    buffer.resize(*count);
  } catch (const Error&) {
    if (!read_what_can_be_read(store, key, buffer)) throw;
  }
  return buffer;
}

}  // namespace muniment
