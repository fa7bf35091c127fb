// Where a chunk is opened: memory that many chunks use one after the other.
#pragma once

#include "vault/base/bytes.hpp"

namespace muniment {

// Grows to the largest chunk that it held and is cleared only then, since making and clearing
// memory for each chunk would take a tenth of a restore's time. Each view is good until the next
// one of its kind is taken. Not thread-safe.
class ChunkBuffer {
 public:
  // For what stands in a pack, opened and still compressed.
  [[nodiscard]] MutableByteView payload(std::size_t size) { return first(x_payload, size); }
  [[nodiscard]] MutableByteView plaintext(std::size_t size) { return first(x_plaintext, size); }

 private:
  static MutableByteView first(Bytes& bytes, std::size_t size) {
    if (bytes.size() < size) bytes.resize(size);
    return MutableByteView(bytes).first(size);
  }

  Bytes x_payload;
  Bytes x_plaintext;
};

}  // namespace muniment
