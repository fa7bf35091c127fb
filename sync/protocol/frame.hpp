// Frames: how a stream of bytes is cut into messages, and what is refused before it is even read.
// Layout: PROTOCOL.md §2.
#pragma once

#include <optional>
#include <variant>

#include "sync/limits.hpp"
#include "sync/protocol/close.hpp"
#include "vault/base/bytes.hpp"

namespace muniment::sync {

enum class MessageType : std::uint8_t {
  hello = 0x01,
  summary = 0x02,
  ping = 0x03,
  pong = 0x04,
  bye = 0x05,
  refused = 0x06,
  get_collections = 0x10,
  collections = 0x11,
  get_heads = 0x12,
  heads = 0x13,
  get_ledger = 0x14,
  ledger = 0x15,
  entries = 0x16,
  get_fork = 0x17,
  fork = 0x18,
  get_tile = 0x20,
  tile = 0x21,
  get_shards = 0x22,
  shards = 0x23,
  challenge = 0x24,
  proofs = 0x25,
};

inline constexpr std::size_t frame_header_bytes = 12;
inline constexpr std::uint8_t first_ignorable_type = 0x80;

[[nodiscard]] constexpr bool is_ignorable(std::uint8_t type) noexcept {
  return type >= first_ignorable_type;
}

// The longest body of a type; empty for a critical type that is not known.
[[nodiscard]] std::optional<std::size_t> body_bytes_max(std::uint8_t type) noexcept;

struct FrameHeader {
  std::uint32_t body_bytes = 0;
  std::uint32_t request = 0;  // 0 for announcements
  std::uint8_t type = 0;

  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

void encode(const FrameHeader& header, Bytes& target);
// `bytes` are frame_header_bytes. A CloseCode says what is wrong with them.
[[nodiscard]] std::variant<FrameHeader, CloseCode> decode_frame_header(ByteView bytes);

struct Frame {
  FrameHeader header;
  ByteView body;  // valid until the splitter is used again
};

// Cuts a stream into frames. Holds at most one frame, and never more memory than came in. After a
// fault nothing more comes out of it.
class FrameSplitter {
 public:
  // Takes from the front of `input` up to the end of the next frame. The frame; or what is wrong;
  // or nothing if `input` was used up and more is needed.
  [[nodiscard]] std::variant<std::monostate, Frame, CloseCode> next(ByteView& input);

  // True if a frame has begun and not ended.
  [[nodiscard]] bool inside_frame() const noexcept { return !x_bytes.empty() && !x_whole; }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return x_bytes.capacity(); }

 private:
  // Moves bytes from `input` until `size` are held; false if there were not enough.
  [[nodiscard]] bool fill(ByteView& input, std::size_t size);

  Bytes x_bytes;
  std::optional<FrameHeader> x_header;
  bool x_whole = false;  // x_bytes is a frame that was handed out
  std::optional<CloseCode> x_fault;
};

}  // namespace muniment::sync
