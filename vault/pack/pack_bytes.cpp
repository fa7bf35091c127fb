#include "vault/pack/pack_bytes.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

namespace muniment {

std::optional<ByteView> PackBytes::read(std::size_t offset, std::size_t length,
                                        Bytes& scratch) const {
  VAULT_ASSERT(offset + length <= file_bytes(PackClass::mib16));
  if (x_store == nullptr) {
    const ByteView file = x_owned.empty() ? x_view : ByteView(x_owned);
    if (file.size() < offset + length) return std::nullopt;
    return file.subspan(offset, length);
  }
  const std::size_t shard = shard_bytes(x_size_class);
  const std::size_t begin = offset / shard * shard;
  const std::size_t end =
      std::min((offset + length + shard - 1) / shard * shard, file_bytes(x_size_class));
  if (end < offset + length) return std::nullopt;
  scratch.resize(end - begin);
  try {
    const auto count = x_store->get_range(x_key, begin, scratch);
    if (!count || *count < scratch.size()) return std::nullopt;
  } catch (const Error& error) {
    // A sector that cannot be read is as good as damaged: parity may have it.
    if (error.code() != ErrorCode::io) throw;
    return std::nullopt;
  }
  return ByteView(scratch).subspan(offset - begin, length);
}

}  // namespace muniment
