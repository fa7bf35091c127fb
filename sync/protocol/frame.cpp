#include "sync/protocol/frame.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"

namespace muniment::sync {

namespace {

constexpr std::size_t hello_bytes_max = 256;
constexpr std::size_t collections_bytes_max = 2 + limits::collections_max * 48;
constexpr std::size_t heads_bytes_max =
    16 + 2 + limits::heads_per_collection_max * 88 + 2 + limits::forks_max * 32;
constexpr std::size_t proof_bytes_max = 1 + limits::proof_hashes_max * 32;
constexpr std::size_t ledger_bytes_max = 32 + proof_bytes_max + limits::note_bytes_max;
constexpr std::size_t fork_bytes_max =
    2 * 16 + 32 + proof_bytes_max + 2 * (4 + limits::note_bytes_max);
constexpr std::size_t tile_bytes_max = 1 + 256 * 32;
constexpr std::size_t challenge_bytes_max = 32 + 1 + limits::challenges_max * 49;
constexpr std::size_t proofs_bytes_max = 1 + limits::challenges_max * 32;

}  // namespace

std::optional<std::size_t> body_bytes_max(std::uint8_t type) noexcept {
  if (is_ignorable(type)) return limits::ignorable_bytes_max;
  switch (static_cast<MessageType>(type)) {
    case MessageType::hello:
      return hello_bytes_max;
    case MessageType::summary:
      return 32;
    case MessageType::ping:
    case MessageType::pong:
    case MessageType::get_collections:
      return 0;
    case MessageType::bye:
      return 2;
    case MessageType::refused:
      return 5;
    case MessageType::collections:
      return collections_bytes_max;
    case MessageType::get_heads:
      return 16;
    case MessageType::heads:
      return heads_bytes_max;
    case MessageType::get_ledger:
      return 72;
    case MessageType::ledger:
      return ledger_bytes_max;
    case MessageType::entries:
      return limits::batch_bytes_max;
    case MessageType::get_fork:
      return 32;
    case MessageType::fork:
      return fork_bytes_max;
    case MessageType::get_tile:
      return 48;
    case MessageType::tile:
      return tile_bytes_max;
    case MessageType::get_shards:
      return 50;
    case MessageType::shards:
      return limits::piece_bytes_max;
    case MessageType::challenge:
      return challenge_bytes_max;
    case MessageType::proofs:
      return proofs_bytes_max;
  }
  return std::nullopt;
}

void encode(const FrameHeader& header, Bytes& target) {
  ByteWriter writer(target);
  writer.u32(header.body_bytes);
  writer.u32(header.request);
  writer.u8(header.type);
  writer.zeros(3);
}

std::variant<FrameHeader, CloseCode> decode_frame_header(ByteView bytes) {
  ByteReader reader(bytes);
  FrameHeader header;
  header.body_bytes = reader.u32();
  header.request = reader.u32();
  header.type = reader.u8();
  reader.expect_zeros(3);
  if (!reader.done()) return CloseCode::malformed;
  const auto limit = body_bytes_max(header.type);
  if (!limit) return CloseCode::unknown_type;
  if (header.body_bytes > *limit) return CloseCode::too_large;
  if (is_ignorable(header.type) && header.request != 0) return CloseCode::malformed;
  return header;
}

bool FrameSplitter::fill(ByteView& input, std::size_t size) {
  const std::size_t count = std::min(size - x_bytes.size(), input.size());
  append(x_bytes, input.first(count));
  input = input.subspan(count);
  return x_bytes.size() == size;
}

std::variant<std::monostate, Frame, CloseCode> FrameSplitter::next(ByteView& input) {
  if (x_fault) return *x_fault;
  if (x_whole) {
    x_bytes.clear();
    x_header.reset();
    x_whole = false;
  }
  if (!x_header) {
    if (!fill(input, frame_header_bytes)) return std::monostate{};
    const auto header = decode_frame_header(x_bytes);
    if (const auto* fault = std::get_if<CloseCode>(&header)) {
      x_fault = *fault;
      return *fault;
    }
    x_header = std::get<FrameHeader>(header);
  }
  if (!fill(input, frame_header_bytes + x_header->body_bytes)) return std::monostate{};
  x_whole = true;
  return Frame{*x_header, ByteView(x_bytes).subspan(frame_header_bytes)};
}

}  // namespace muniment::sync
