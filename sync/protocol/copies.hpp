// What is known of peers' copies of packs: who has shown that it could produce which of them.
#pragma once

#include <vector>

#include "sync/protocol/message.hpp"

namespace muniment::sync {

// Used by one thread. Nothing here throws: what cannot be kept is asked for again.
class Copies {
 public:
  virtual ~Copies() = default;

  // At most `count` packs that are whole here and of which it is time that the peer shows a shard,
  // whether or not it may have them.
  [[nodiscard]] virtual std::vector<PackName> to_ask(const DeviceId& peer, std::size_t count) = 0;
  // It was asked for a shard of the pack, and it came, or it did not.
  virtual void answered(const DeviceId& peer, const PackName& pack, bool shown) = 0;
  // Bytes that nobody can know before.
  virtual void fill_random(MutableByteView target) = 0;
};

}  // namespace muniment::sync
