// A chunk on its way into a pack.
#pragma once

#include <memory>

#include "vault/codec/zstd.hpp"
#include "vault/pack/draft.hpp"
#include "vault/snapshot/entry.hpp"

namespace muniment {

struct TrainedDictionary;

// A chunk that has to be stored. Owns what Frame only views.
struct NewChunk {
  FrameType type = FrameType::data;
  Codec codec{};
  ChunkRef ref{};
  Bytes payload{};
  // What `codec` names; it must stand in the pack in which the chunk begins.
  std::shared_ptr<const TrainedDictionary> dictionary{};

  [[nodiscard]] Frame frame() const noexcept { return {type, codec, ref.id, ref.length, payload}; }
};

}  // namespace muniment
