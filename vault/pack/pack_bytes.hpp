// The bytes of one pack file, in memory or in a store. A store is asked for whole shards only, so
// that what is read from a distant one says nothing about where chunks begin and end.
#pragma once

#include "vault/pack/format.hpp"
#include "vault/store/pack_store.hpp"

namespace muniment {

// Thread-safe but for release.
class PackBytes {
 public:
  // Keeps `file`.
  explicit PackBytes(Bytes file) noexcept : x_owned(std::move(file)) {}
  // `file` must outlive this.
  explicit PackBytes(ByteView file) noexcept : x_view(file) {}
  // An object of this class's size; `store` must outlive this.
  PackBytes(const PackStore& store, const PackId& id, PackClass size_class)
      : x_store(&store), x_key(pack_key(id)), x_size_class(size_class) {}

  // Bytes [offset, offset + length), which live as long as this and `scratch` do; empty if the file
  // does not have all of them.
  [[nodiscard]] std::optional<ByteView> read(std::size_t offset, std::size_t length,
                                             Bytes& scratch) const;

  // The memory of what was given to keep.
  [[nodiscard]] Bytes release() && noexcept { return std::move(x_owned); }

 private:
  Bytes x_owned;
  ByteView x_view;
  const PackStore* x_store = nullptr;
  std::string x_key;
  PackClass x_size_class = PackClass::mib16;
};

}  // namespace muniment
