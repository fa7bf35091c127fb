#include "sync/protocol/frame.hpp"

#include <doctest/doctest.h>

#include "tests/sync/samples.hpp"

namespace muniment::sync {

namespace {

using test::FixedRandom;

Bytes header(std::uint32_t body, std::uint32_t request, std::uint8_t type) {
  Bytes bytes;
  encode(FrameHeader{body, request, type}, bytes);
  return bytes;
}

CloseCode fault_of(Bytes bytes) {
  FrameSplitter splitter;
  ByteView input(bytes);
  const auto result = splitter.next(input);
  const auto* fault = std::get_if<CloseCode>(&result);
  REQUIRE(fault);
  return *fault;
}

// The bodies of all frames in `stream`, which comes in pieces of `step` bytes.
std::vector<Bytes> split(ByteView stream, std::size_t step) {
  FrameSplitter splitter;
  std::vector<Bytes> bodies;
  while (!stream.empty()) {
    ByteView input = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(input.size());
    while (true) {
      const auto result = splitter.next(input);
      const auto* frame = std::get_if<Frame>(&result);
      REQUIRE(!std::holds_alternative<CloseCode>(result));
      if (frame == nullptr) break;
      bodies.push_back(to_bytes(frame->body));
    }
  }
  CHECK_FALSE(splitter.inside_frame());
  return bodies;
}

}  // namespace

TEST_CASE("frame: a stream splits into the same frames, in whatever pieces it comes") {
  Bytes stream;
  std::vector<Bytes> expected;
  for (const test::Sample& sample : test::samples()) {
    encode_frame(sample.message, sample.request, stream);
    expected.push_back(encode_body(sample.message));
  }
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{11}, std::size_t{4096}, stream.size()}) {
    CAPTURE(step);
    CHECK(split(stream, step) == expected);
  }
}

TEST_CASE("frame: a header is refused before anything after it is read") {
  CHECK(fault_of(header(0, 1, 0x00)) == CloseCode::unknown_type);
  CHECK(fault_of(header(0, 1, 0x26)) == CloseCode::unknown_type);
  CHECK(fault_of(header(0, 1, 0x7f)) == CloseCode::unknown_type);
  CHECK(fault_of(header(33, 0, 0x02)) == CloseCode::too_large);
  CHECK(fault_of(header(0xffffffff, 1, 0x23)) == CloseCode::too_large);
  CHECK(fault_of(header(64 * 1024 + 1, 0, 0x80)) == CloseCode::too_large);
  CHECK(fault_of(header(0, 1, 0x80)) == CloseCode::malformed);
  for (const std::size_t reserved : {9, 10, 11}) {
    Bytes bytes = header(32, 0, 0x02);
    bytes[reserved] = std::byte{1};
    CHECK(fault_of(bytes) == CloseCode::malformed);
  }
}

TEST_CASE("frame: after a fault nothing comes out any more") {
  FrameSplitter splitter;
  Bytes bytes = header(0, 1, 0x7f);
  encode_frame(Ping{}, 1, bytes);
  ByteView input(bytes);
  CHECK(std::holds_alternative<CloseCode>(splitter.next(input)));
  CHECK(std::holds_alternative<CloseCode>(splitter.next(input)));
}

TEST_CASE("frame: a length that is announced takes no memory until bytes come") {
  FrameSplitter splitter;
  const Bytes bytes = header(256 * 1024, 1, 0x23);
  ByteView input(bytes);
  CHECK(std::holds_alternative<std::monostate>(splitter.next(input)));
  CHECK(splitter.inside_frame());
  CHECK(splitter.held_bytes() <= 64);
}

TEST_CASE("frame: of every type, what is longer than its bound is refused") {
  for (unsigned type = 0; type < 256; ++type) {
    const auto code = static_cast<std::uint8_t>(type);
    const auto limit = body_bytes_max(code);
    if (!limit) continue;
    CHECK(fault_of(header(static_cast<std::uint32_t>(*limit) + 1, 0, code)) ==
          CloseCode::too_large);
  }
}

TEST_CASE("close: every code has a text of its own") {
  std::vector<std::string_view> texts;
  for (std::uint16_t code = 1; code <= 17; ++code) {
    texts.push_back(to_text(static_cast<CloseCode>(code)));
  }
  std::ranges::sort(texts);
  CHECK(std::ranges::adjacent_find(texts) == texts.end());
}

}  // namespace muniment::sync
