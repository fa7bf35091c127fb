// Where packs are kept: a flat map from keys to immutable objects, small enough to stand before a
// directory, memory or an object store alike. No rename, mapping or descriptor shows through.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.hpp"

namespace muniment {

inline constexpr std::size_t store_key_bytes_max = 255;

// True if `key` can name an object: components of [0-9a-z.-] joined by '/', at least two, none of
// them empty or beginning with '.', together at most store_key_bytes_max bytes.
[[nodiscard]] bool is_store_key(std::string_view key) noexcept;

// Any number of threads may call the const members at once, and one thread the others meanwhile.
// Every key must satisfy is_store_key. Every failure but absence is an Error(io); if one of the
// other members throws, everything staged since the last flush is dropped.
class PackStore {
 public:
  virtual ~PackStore() = default;

  // The size in bytes of the object; empty if there is none.
  [[nodiscard]] virtual std::optional<std::uint64_t> stat(std::string_view key) const = 0;
  // Fills `target` from `offset` on and returns how many bytes there were: fewer only at the
  // object's end. Empty if there is no such object.
  [[nodiscard]] virtual std::optional<std::size_t> get_range(std::string_view key,
                                                             std::uint64_t offset,
                                                             MutableByteView target) const = 0;
  // The keys that begin with `prefix`, sorted bytewise. `prefix` has at least one whole component,
  // as "packs/" or "packs/a" have.
  [[nodiscard]] virtual std::vector<std::string> list(std::string_view prefix) const = 0;

  // Stages an object; true unless one with this key is stored or staged already. When it becomes
  // visible is open; flush is what makes it last. Call flush every few dozen objects: until then
  // each may hold an open file.
  virtual bool put_if_absent(std::string_view key, ByteView bytes) = 0;
  // Returns when everything that was staged or removed is durable and visible. If it throws, the
  // objects of this group are gone again; nothing is ever synced twice.
  virtual void flush() = 0;
  // Returns when these objects, which somebody else may have put here, are durable.
  virtual void make_durable(std::span<const std::string> keys) = 0;
  // Drops what is staged.
  virtual void discard() noexcept = 0;
  // Puts the object whether or not there is one: what is found there is at any time, and after a
  // crash, either the old object or the new one, whole. Durable when it returns. For healing only.
  virtual void replace(std::string_view key, ByteView bytes) = 0;
  // True if it was there. Durable after the next flush.
  virtual bool remove(std::string_view key) = 0;
};

// The object, or its first `limit` bytes if it is longer, in the memory of `buffer` as far as that
// goes; empty if there is none. What cannot be read is zeros, since a pack's parity may know it;
// Error(io) only if nothing can be read at all.
[[nodiscard]] std::optional<Bytes> get_object(const PackStore& store, std::string_view key,
                                              std::uint64_t limit, Bytes buffer = {});

}  // namespace muniment
