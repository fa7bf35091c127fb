// Memory for what is as large as a pack: whole pages, huge ones where the system has them.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

// A block that begins on a page, so that it can go to a disk without a copy. A pack is walked in
// strides of a shard, which with small pages would miss the TLB at every step. Move-only; not for
// secrets.
class PageBytes {
 public:
  static constexpr std::size_t page_bytes = 4096;

  PageBytes() = default;
  // The contents are unspecified. Throws std::bad_alloc.
  explicit PageBytes(std::size_t size) { resize(size); }
  PageBytes(PageBytes&& other) noexcept;
  PageBytes& operator=(PageBytes&& other) noexcept;
  ~PageBytes();

  // Keeps memory and contents if the block was ever as large; otherwise the contents are
  // unspecified. Throws std::bad_alloc.
  void resize(std::size_t size);

  [[nodiscard]] std::byte* data() noexcept { return x_data; }
  [[nodiscard]] const std::byte* data() const noexcept { return x_data; }
  [[nodiscard]] std::size_t size() const noexcept { return x_size; }
  [[nodiscard]] std::byte* begin() noexcept { return x_data; }
  [[nodiscard]] std::byte* end() noexcept { return x_data + x_size; }
  [[nodiscard]] const std::byte* begin() const noexcept { return x_data; }
  [[nodiscard]] const std::byte* end() const noexcept { return x_data + x_size; }

 private:
  std::byte* x_data = nullptr;
  std::size_t x_size = 0;
  std::size_t x_capacity = 0;
};

}  // namespace muniment
