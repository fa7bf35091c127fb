// The decoders of head and table: what they accept, and that they accept nothing else.
#include "vault/pack/table.hpp"

#include <doctest/doctest.h>

#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"

namespace muniment::test {

namespace {

constexpr PackForm form{.suite = Suite::aegis256, .size_class = PackClass::mib16};
constexpr std::uint32_t tag = 32;

FixedRandom& sample_random() {
  static FixedRandom random(11);
  return random;
}

struct Sample {
  PackTable table;
  PackHead head;

  // Makes the head fit the table again.
  void fit() {
    head.frame_count = static_cast<std::uint32_t>(table.frames.size());
    head.table_offset = static_cast<std::uint32_t>(frames_offset(form.suite));
    for (const FrameEntry& entry : table.frames) head.table_offset += entry.stored_bytes + tag;
    head.table_bytes = static_cast<std::uint32_t>(encode_table(table).size());
  }

  [[nodiscard]] bool accepted() const {
    return decode_head(encode_head(head), form) == head &&
           decode_table(encode_table(table), head, form.suite) == table;
  }
};

// Two codecs, every frame type, a part at each end.
Sample sample() {
  FixedRandom random(11);
  Sample sample;
  const auto dictionary = random.fixed<ChunkId>();
  sample.table.codecs = {
      {.kind = CodecKind::zstd, .level = -5, .zstd_version = 10504, .dictionary = dictionary}, {}};
  for (std::uint8_t i = 0; i < 6; ++i) {
    const bool raw = i % 2 == 1;
    sample.table.frames.push_back({.type = static_cast<FrameType>(i + 1),
                                   .codec = static_cast<std::uint8_t>(raw ? 1 : 0),
                                   .chunk = random.fixed<ChunkId>(),
                                   .plain_bytes = 1000U + i,
                                   .stored_bytes = raw ? 1000U + i : 700U + i});
  }
  sample.head.first_part_offset = 200;
  sample.head.last_part_remaining = 5;
  sample.table.frames.back().stored_bytes -= 5;
  sample.fit();
  return sample;
}

}  // namespace

TEST_CASE("pack table: round trip") {
  CHECK(sample().accepted());
}

TEST_CASE("pack table: golden files") {
  const Sample good = sample();
  CHECK(matches_golden("pack/head.bin", encode_head(good.head)));
  CHECK(matches_golden("pack/table.bin", encode_table(good.table)));
  const auto head = decode_head(read_golden("pack/head.bin"), form);
  REQUIRE(head == good.head);
  CHECK(decode_table(read_golden("pack/table.bin"), *head, form.suite) == good.table);
}

TEST_CASE("pack table: every truncation is refused, and a byte too many") {
  const Sample good = sample();
  const auto refused_head = [](ByteView bytes) { CHECK_FALSE(decode_head(bytes, form)); };
  const auto refused_table = [&](ByteView bytes) {
    CHECK_FALSE(decode_table(bytes, good.head, form.suite));
    PackHead shorter = good.head;
    shorter.table_bytes = static_cast<std::uint32_t>(bytes.size());
    CHECK_FALSE(decode_table(bytes, shorter, form.suite));
  };
  Bytes head = encode_head(good.head);
  Bytes table = encode_table(good.table);
  for_each_truncation(head, refused_head);
  for_each_truncation(table, refused_table);
  head.push_back(std::byte{0});
  table.push_back(std::byte{0});
  refused_head(head);
  refused_table(table);
}

TEST_CASE("pack table: every turned bit of the head is refused, by it or by the table") {
  const Sample good = sample();
  const Bytes table = encode_table(good.table);
  for_each_bit_flip(encode_head(good.head), [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    const auto head = decode_head(bytes, form);
    // A zstd payload may be of any length up to the chunk's, so how much of it is elsewhere is
    // bounded but not determined.
    const bool part = bit / 8 >= 12 && bit / 8 < 20;
    CHECK((!head || part || !decode_table(table, *head, form.suite)));
  });
}

TEST_CASE("pack table: every turned bit of the table is refused or gives another table") {
  const Sample good = sample();
  for_each_bit_flip(encode_table(good.table), [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    const auto table = decode_table(bytes, good.head, form.suite);
    if (table) CHECK(equal(encode_table(*table), bytes));
    CHECK_FALSE(table == good.table);
  });
}

TEST_CASE("pack head: numbers that no pack can have are refused") {
  const auto refused = [](auto change) {
    Sample bad = sample();
    change(bad.head);
    return !decode_head(encode_head(bad.head), form);
  };
  CHECK_FALSE(refused([](PackHead&) {}));
  CHECK(refused([](PackHead& head) { head.frame_count = 0; }));
  CHECK(refused([](PackHead& head) { head.frame_count = 0xffffffff; }));
  CHECK(refused([](PackHead& head) { head.table_offset = 1344 + 6 * 33 - 1; }));
  CHECK(refused([](PackHead& head) { head.table_offset = 0xffffffff; }));
  CHECK(refused([](PackHead& head) { head.table_bytes = 42 + 6 * 42 - 1; }));
  CHECK(refused([](PackHead& head) { head.table_bytes = 0xffffffff; }));
  // Table, its tag and the tail's must fit before the parity.
  CHECK_FALSE(
      refused([](PackHead& head) { head.table_offset = 16'252'928 - 64 - head.table_bytes; }));
  CHECK(refused([](PackHead& head) { head.table_offset = 16'252'929 - 64 - head.table_bytes; }));
}

TEST_CASE("pack head: only a full pack ends in a part, and no chunk is cut in three") {
  PackHead head = sample().head;
  const PackForm smaller{.suite = form.suite, .size_class = PackClass::mib8};
  CHECK(decode_head(encode_head(head), form));
  CHECK_FALSE(decode_head(encode_head(head), smaller));
  head.last_part_remaining = 0;
  CHECK(decode_head(encode_head(head), smaller));

  Sample one = sample();
  one.table.frames.resize(1);
  one.table.codecs.resize(1);
  one.fit();
  CHECK_FALSE(decode_head(encode_head(one.head), form));
  one.head.first_part_offset = 0;
  CHECK(one.accepted());
  one.head.first_part_offset = 200;
  one.head.last_part_remaining = 0;
  CHECK(one.accepted());
}

TEST_CASE("pack table: lengths that no chunk can have are refused") {
  const auto accepted = [](auto change) {
    Sample changed = sample();
    change(changed);
    changed.fit();
    return changed.accepted();
  };
  const auto first = [](Sample& s) -> FrameEntry& { return s.table.frames[0]; };   // zstd, a part
  const auto second = [](Sample& s) -> FrameEntry& { return s.table.frames[1]; };  // raw, whole
  CHECK_FALSE(accepted([&](Sample& s) { first(s).stored_bytes = 0; }));
  CHECK_FALSE(accepted([&](Sample& s) { first(s).stored_bytes = 801; }));
  CHECK(accepted([&](Sample& s) { first(s).stored_bytes = 800; }));
  CHECK_FALSE(accepted([&](Sample& s) { first(s).plain_bytes = 4 * 1024 * 1024 + 1; }));
  CHECK(accepted([&](Sample& s) { first(s).plain_bytes = 4 * 1024 * 1024; }));
  CHECK_FALSE(accepted([&](Sample& s) { second(s).stored_bytes -= 1; }));
  CHECK_FALSE(accepted([&](Sample& s) { second(s).stored_bytes += 1; }));
  CHECK_FALSE(accepted([&](Sample& s) { s.table.frames.back().stored_bytes -= 1; }));
  CHECK_FALSE(accepted([](Sample& s) { s.head.first_part_offset = 0xffffffff; }));
  CHECK_FALSE(accepted([](Sample& s) { s.head.last_part_remaining = 0xffffffff; }));
}

TEST_CASE("pack table: a table that does not end where the head says is refused") {
  for (const std::uint32_t wrong :
       {sample().head.table_offset - 1, sample().head.table_offset + 1}) {
    Sample bad = sample();
    bad.head.table_offset = wrong;
    CHECK(decode_head(encode_head(bad.head), form));
    CHECK_FALSE(bad.accepted());
  }
  CHECK_FALSE(decode_table(encode_table(sample().table), sample().head, Suite::xchacha20poly1305));
}

TEST_CASE("pack table: codecs are canonical, distinct and in the order of first use") {
  const auto accepted = [](auto change) {
    Sample changed = sample();
    change(changed.table);
    changed.fit();
    return changed.accepted();
  };
  CHECK(accepted([](PackTable& table) { table.codecs[0].dictionary = {}; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs[0].zstd_version = 0; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs[1].level = 1; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs[1].zstd_version = 1; }));
  CHECK_FALSE(accepted(
      [](PackTable& table) { table.codecs[1].dictionary = sample_random().fixed<ChunkId>(); }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs[1].kind = CodecKind{2}; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs[1] = table.codecs[0]; }));
  CHECK_FALSE(accepted([](PackTable& table) { std::swap(table.codecs[0], table.codecs[1]); }));
  CHECK_FALSE(accepted([](PackTable& table) {
    table.codecs.push_back(
        {.kind = CodecKind::zstd, .level = 1, .zstd_version = 1, .dictionary = {}});
  }));
  CHECK_FALSE(accepted([](PackTable& table) { table.codecs.clear(); }));
  CHECK_FALSE(accepted([](PackTable& table) { table.frames[2].codec = 2; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.frames[2].type = FrameType{0}; }));
  CHECK_FALSE(accepted([](PackTable& table) { table.frames[2].type = FrameType{7}; }));
}

TEST_CASE("pack table: 256 codecs are the most there can be") {
  for (const std::size_t count : {256U, 257U}) {
    Sample many;
    for (std::uint32_t i = 0; i < count; ++i) {
      many.table.codecs.push_back(
          {.kind = CodecKind::zstd, .level = 1, .zstd_version = i + 1, .dictionary = {}});
      many.table.frames.push_back({.type = FrameType::data,
                                   .codec = static_cast<std::uint8_t>(i),
                                   .chunk = {},
                                   .plain_bytes = 10,
                                   .stored_bytes = 10});
    }
    many.fit();
    CHECK(many.accepted() == (count == 256));
  }
}

}  // namespace muniment::test
