#include "vault/base/page_bytes.hpp"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace muniment {

namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

}  // namespace

PageBytes::PageBytes(PageBytes&& other) noexcept
    : x_data(std::exchange(other.x_data, nullptr)),
      x_size(std::exchange(other.x_size, 0)),
      x_capacity(std::exchange(other.x_capacity, 0)) {}

PageBytes& PageBytes::operator=(PageBytes&& other) noexcept {
  std::swap(x_data, other.x_data);
  std::swap(x_size, other.x_size);
  std::swap(x_capacity, other.x_capacity);
  return *this;
}

PageBytes::~PageBytes() {
  ::operator delete(x_data, std::align_val_t{huge_page_bytes});
}

void PageBytes::resize(std::size_t size) {
  if (size > x_capacity) {
    void* const block = ::operator new(size, std::align_val_t{huge_page_bytes});
    // A wish: without huge pages it is only slower.
    (void)::madvise(block, size, MADV_HUGEPAGE);
    ::operator delete(x_data, std::align_val_t{huge_page_bytes});
    x_data = static_cast<std::byte*>(block);
    x_capacity = size;
  }
  x_size = size;
}

}  // namespace muniment
