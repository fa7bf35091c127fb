#include "vault/store/memory_store.hpp"

#include <mutex>

#include "vault/base/assert.hpp"

namespace muniment {

std::optional<std::uint64_t> MemoryStore::stat(std::string_view key) const {
  VAULT_ASSERT(is_store_key(key));
  const std::shared_lock lock(x_mutex);
  const auto found = x_objects.find(key);
  if (found == x_objects.end()) return std::nullopt;
  return found->second.size();
}

std::optional<std::size_t> MemoryStore::get_range(std::string_view key, std::uint64_t offset,
                                                  MutableByteView target) const {
  VAULT_ASSERT(is_store_key(key));
  const std::shared_lock lock(x_mutex);
  const auto found = x_objects.find(key);
  if (found == x_objects.end()) return std::nullopt;
  const ByteView object = found->second;
  const ByteView rest = object.subspan(std::min<std::uint64_t>(offset, object.size()));
  const ByteView bytes = rest.first(std::min(target.size(), rest.size()));
  std::ranges::copy(bytes, target.begin());
  return bytes.size();
}

std::vector<std::string> MemoryStore::list(std::string_view prefix) const {
  VAULT_ASSERT(prefix.find('/') != prefix.npos);
  const std::shared_lock lock(x_mutex);
  std::vector<std::string> keys;
  for (auto object = x_objects.lower_bound(prefix);
       object != x_objects.end() && object->first.starts_with(prefix); ++object) {
    keys.push_back(object->first);
  }
  return keys;
}

bool MemoryStore::put_if_absent(std::string_view key, ByteView bytes) {
  VAULT_ASSERT(is_store_key(key));
  const std::unique_lock lock(x_mutex);
  if (x_objects.contains(key)) return false;
  return x_staged.try_emplace(std::string(key), bytes.begin(), bytes.end()).second;
}

void MemoryStore::flush() {
  const std::unique_lock lock(x_mutex);
  x_objects.merge(x_staged);
  x_staged.clear();
}

void MemoryStore::make_durable(std::span<const std::string> /*keys*/) {}

void MemoryStore::discard() noexcept {
  x_staged.clear();
}

void MemoryStore::replace(std::string_view key, ByteView bytes) {
  VAULT_ASSERT(is_store_key(key));
  const std::unique_lock lock(x_mutex);
  x_objects.insert_or_assign(std::string(key), Bytes(bytes.begin(), bytes.end()));
}

bool MemoryStore::remove(std::string_view key) {
  VAULT_ASSERT(is_store_key(key));
  const std::unique_lock lock(x_mutex);
  const auto found = x_objects.find(key);
  if (found == x_objects.end()) return false;
  x_objects.erase(found);
  return true;
}

}  // namespace muniment
