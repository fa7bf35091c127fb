// Filling packs: what fits where, and that sizes say nothing but how much was sealed.
#include "vault/pack/draft.hpp"

#include <doctest/doctest.h>

#include "tests/pack/sample.hpp"

namespace muniment::test {

namespace {

constexpr Suite suite = Suite::aegis256;
constexpr std::size_t overhead = 32 + 42;  // tag and table entry
constexpr std::size_t first_overhead = overhead + 2 + 40;

std::size_t room(PackClass size_class) {
  return pack_room({.suite = suite, .size_class = size_class});
}

// A chunk of zeros with this payload; only its length matters here.
Frame frame_of(ByteView zeros, std::size_t payload_bytes, const Codec& codec = {}) {
  Frame frame;
  frame.codec = codec;
  frame.plain_bytes = static_cast<std::uint32_t>(payload_bytes);
  frame.payload = zeros.first(payload_bytes);
  return frame;
}

// The classes of the packs that chunks of these sizes fill, as the ingest loop fills them.
std::vector<PackClass> classes_of(std::span<const std::size_t> payload_sizes) {
  const Bytes zeros(limits::chunk_bytes_max);
  std::vector<PackClass> classes;
  PackDraft draft(suite);
  for (const std::size_t size : payload_sizes) {
    const Frame frame = frame_of(zeros, size);
    std::size_t placed = draft.add(frame);
    while (placed < size) {
      classes.push_back(draft.form().size_class);
      draft.clear();
      placed += draft.add(frame, placed);
    }
  }
  if (!draft.empty()) classes.push_back(draft.form().size_class);
  return classes;
}

}  // namespace

TEST_CASE("pack draft: takes the smallest class that fits, to the byte") {
  const Bytes zeros(limits::chunk_bytes_max);
  for (const PackClass size_class : {PackClass::mib1, PackClass::mib2, PackClass::mib4}) {
    PackDraft draft(suite);
    const std::size_t most = room(size_class) - first_overhead;
    CHECK(draft.add(frame_of(zeros, most)) == most);
    CHECK(draft.form().size_class == size_class);
    CHECK(draft.head().table_offset + draft.head().table_bytes + 64 == data_bytes(size_class));
    draft.clear();
    CHECK(draft.add(frame_of(zeros, most + 1)) == most + 1);
    CHECK(static_cast<int>(draft.form().size_class) == static_cast<int>(size_class) + 1);
  }
}

TEST_CASE("pack draft: a chunk that does not fit is cut, and both drafts say so") {
  const Bytes zeros(limits::chunk_bytes_max);
  PackDraft draft(suite);
  const Frame big = frame_of(zeros, limits::chunk_bytes_max);
  for (int i = 0; i < 3; ++i) CHECK(draft.add(big) == limits::chunk_bytes_max);
  const std::size_t placed = draft.add(big);
  CHECK(placed ==
        room(PackClass::mib16) - 3 * (limits::chunk_bytes_max + overhead) - first_overhead);
  CHECK(draft.form().size_class == PackClass::mib16);
  CHECK(draft.head().last_part_remaining == limits::chunk_bytes_max - placed);
  CHECK(draft.table().frames.back().stored_bytes == placed);
  CHECK(draft.table().frames.back().plain_bytes == limits::chunk_bytes_max);
  CHECK(draft.head().table_offset + draft.head().table_bytes + 64 == data_bytes(PackClass::mib16));
  CHECK(draft.add(frame_of(zeros, 1)) == 0);

  draft.clear();
  CHECK(draft.add(big, placed) == limits::chunk_bytes_max - placed);
  CHECK(draft.head().first_part_offset == placed);
  CHECK(draft.head().last_part_remaining == 0);
  CHECK(draft.table().frames[0].stored_bytes == limits::chunk_bytes_max - placed);
}

TEST_CASE("pack draft: a chunk starts whole in the next pack if not one byte of it would fit") {
  const Bytes zeros(limits::chunk_bytes_max);
  const std::size_t last_size =
      room(PackClass::mib16) - 3 * (limits::chunk_bytes_max + overhead) - first_overhead;
  for (const std::size_t left : {std::size_t{0}, overhead - 1, overhead, overhead + 1}) {
    CAPTURE(left);
    PackDraft draft(suite);
    for (int i = 0; i < 3; ++i) {
      CHECK(draft.add(frame_of(zeros, limits::chunk_bytes_max)) == limits::chunk_bytes_max);
    }
    const Frame last = frame_of(zeros, last_size - left);
    CHECK(draft.add(last) == last_size - left);
    CHECK(draft.add(frame_of(zeros, 10)) == (left > overhead ? 1 : 0));
    CHECK(draft.head().last_part_remaining == (left > overhead ? 9 : 0));
  }
}

TEST_CASE("pack draft: a new codec takes room in the table, a known one does not") {
  const Bytes zeros(100);
  PackDraft draft(suite);
  CHECK(draft.add(frame_of(zeros, 100)) == 100);
  CHECK(draft.add(frame_of(zeros, 100)) == 100);
  CHECK(draft.head().table_bytes == 2 + 40 + 2 * 42);
  CHECK(draft.add(frame_of(zeros, 100, zstd_codec)) == 100);
  CHECK(draft.add(frame_of(zeros, 100, zstd_codec)) == 100);
  CHECK(draft.add(frame_of(zeros, 100)) == 100);
  CHECK(draft.head().table_bytes == 2 + 2 * 40 + 5 * 42);
  CHECK(draft.table().codecs == std::vector<Codec>{{}, zstd_codec});
}

TEST_CASE("pack draft: is full when it has 256 codecs and another one comes") {
  const Bytes zeros(10);
  PackDraft draft(suite);
  Codec codec = zstd_codec;
  for (std::uint32_t i = 0; i < 256; ++i) {
    codec.zstd_version = i + 1;
    CHECK(draft.add(frame_of(zeros, 10, codec)) == 10);
  }
  CHECK(draft.add(frame_of(zeros, 10, zstd_codec)) == 0);
  CHECK(draft.add(frame_of(zeros, 10, codec)) == 10);
}

TEST_CASE("pack draft: head and table are what a decoder accepts, however chunks fall") {
  FixedRandom random(5);
  const Bytes zeros(limits::chunk_bytes_max);
  for (const Suite any : {Suite::aegis256, Suite::xchacha20poly1305}) {
    PackDraft draft(any);
    const auto check = [&] {
      const auto head = decode_head(encode_head(draft.head()), draft.form());
      REQUIRE(head == draft.head());
      CHECK(decode_table(encode_table(draft.table()), *head, any) == draft.table());
      draft.clear();
    };
    for (int i = 0; i < 200; ++i) {
      const std::size_t size = 1 + random.below(random.below(4) == 0 ? 4 << 20U : 5000);
      const Frame frame = frame_of(zeros, size);
      std::size_t placed = draft.add(frame);
      while (placed < size) {
        check();
        placed += draft.add(frame, placed);
      }
    }
    check();
  }
}

TEST_CASE("pack draft: equal sealed volume gives equal packs, whatever the sizes of the chunks") {
  // 40 MiB as chunks of 4 MiB, 300 KB, 5 KB: each with its overhead.
  constexpr std::size_t volume = 40 << 20U;
  const std::vector<std::size_t> few(10, (volume / 10) - overhead);
  const std::vector<std::size_t> some(140, volume / 140 - overhead);
  const std::vector<std::size_t> many(8192, volume / 8192 - overhead);
  const std::vector<PackClass> expected{PackClass::mib16, PackClass::mib16, PackClass::mib8};
  // 40 MiB in 15.5 MiB of data each: two full packs and 9 MiB.
  CHECK(classes_of(few) == std::vector{PackClass::mib16, PackClass::mib16, PackClass::mib16});
  CHECK(classes_of(some) == classes_of(few));
  CHECK(classes_of(many) == classes_of(few));
  // 38 MiB: two full ones and 7 MiB.
  CHECK(classes_of(std::vector<std::size_t>(10, (volume - (2 << 20U)) / 10 - overhead)) ==
        expected);
  CHECK(classes_of(std::vector<std::size_t>(8192, (volume - (2 << 20U)) / 8192 - overhead)) ==
        expected);
}

}  // namespace muniment::test
