// A peer's stream: whatever comes is split and read without a fault of ours, and what decodes
// prints as the same frame.
#include "sync/protocol/message.hpp"
#include "vault/base/assert.hpp"

using namespace muniment;
using namespace muniment::sync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input = std::as_bytes(std::span(data, size));
  FrameSplitter splitter;
  while (true) {
    const ByteView before = input;
    const auto result = splitter.next(input);
    const auto* frame = std::get_if<Frame>(&result);
    if (frame == nullptr) break;
    const auto message = decode(*frame);
    if (!message || std::holds_alternative<Ignorable>(*message)) continue;
    Bytes again;
    encode_frame(*message, frame->header.request, again);
    VAULT_ASSERT(equal(again, before.first(again.size())));
  }
  return 0;
}
