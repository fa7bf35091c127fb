#include "vault/store/pack_store.hpp"

namespace muniment {

namespace {

bool is_key_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
}

bool is_key_component(std::string_view component) noexcept {
  return !component.empty() && component.front() != '.' &&
         std::ranges::all_of(component, is_key_character);
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
  const auto count = store.get_range(key, 0, buffer);
  if (!count) return std::nullopt;
  buffer.resize(*count);
  return buffer;
}

}  // namespace muniment
