// A pack that is being filled: frames are collected until it is full or nothing more comes.
#pragma once

#include "vault/base/page_bytes.hpp"
#include "vault/pack/table.hpp"

namespace muniment {

// A chunk as it will be stored. `payload` is the chunk itself (codec raw) or what `codec` made of
// it: never empty, never longer than the chunk.
struct Frame {
  FrameType type = FrameType::data;
  Codec codec;
  ChunkId chunk;
  std::uint32_t plain_bytes = 0;
  ByteView payload;
};

// Packs are filled to their last bytes, whatever the sizes of the chunks, so that the number and
// sizes of an ingest's packs say how much was sealed and nothing else.
class PackDraft {
 public:
  // Reserves the memory of a full pack; clear() keeps it. With `batch`, chunk ids are a
  // depositor's.
  explicit PackDraft(Suite suite, std::shared_ptr<const Batch> batch = nullptr);

  // Copies the payload's bytes from `placed` on into the pack and returns how many it took: all, or
  // fewer if the pack is now full and must be sealed. What is left goes to the next draft, which
  // must be empty:
  //
  //   std::size_t placed = draft.add(frame);
  //   while (placed < frame.payload.size()) {
  //     ... seal draft ...; draft.clear();
  //     placed += draft.add(frame, placed);
  //   }
  //
  // Never cuts a chunk in three, since no chunk is longer than a quarter of a pack.
  [[nodiscard]] std::size_t add(const Frame& frame, std::size_t placed = 0);

  void clear() noexcept;

  // Whether the whole dictionary chunk with this id stands in the pack.
  [[nodiscard]] bool has_dictionary(const ChunkId& id) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return x_table.frames.empty(); }
  // The smallest class that holds what was added; mib16 if the last chunk was cut.
  [[nodiscard]] PackForm form() const noexcept;
  [[nodiscard]] PackHead head() const noexcept;
  [[nodiscard]] const PackTable& table() const noexcept { return x_table; }
  // All payloads, one after the other.
  [[nodiscard]] ByteView payloads() const noexcept {
    return ByteView(x_payloads).first(x_payload_bytes);
  }

 private:
  // Bytes that frames with their tags and the table may take together, and do take.
  [[nodiscard]] std::size_t room() const noexcept;
  [[nodiscard]] std::size_t used() const noexcept;
  [[nodiscard]] std::size_t table_bytes() const noexcept;

  Suite x_suite;
  PackTable x_table;
  PageBytes x_payloads;  // of a full pack; the first x_payload_bytes are used
  std::size_t x_payload_bytes = 0;
  std::vector<ChunkId> x_dictionaries;  // whole ones
  std::uint32_t x_first_part_offset = 0;
  std::uint32_t x_last_part_remaining = 0;
};

}  // namespace muniment
