// Owns a C handle and closes it exactly once: Handle<sqlite3, sqlite3_close_v2>.
#pragma once

#include <memory>

namespace muniment {

template <auto Close>
struct CloseWith {
  template <class T>
  void operator()(T* resource) const noexcept {
    Close(resource);
  }
};

template <class T, auto Close>
using Handle = std::unique_ptr<T, CloseWith<Close>>;

}  // namespace muniment
