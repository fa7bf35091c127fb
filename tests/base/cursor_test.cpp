#include "vault/base/cursor.hpp"

#include <doctest/doctest.h>

#include "tests/support/damage.hpp"

using namespace muniment;

namespace {

Bytes sample() {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090a0b0c0d0e0f);
  writer.i64(-2);
  writer.raw(as_bytes("end"));
  writer.zeros(2);
  return bytes;
}

bool reads_sample(ByteView bytes) {
  ByteReader reader(bytes);
  const bool same = reader.u8() == 0x01 && reader.u16() == 0x0203 && reader.u32() == 0x04050607 &&
                    reader.u64() == 0x08090a0b0c0d0e0f && reader.i64() == -2 &&
                    as_text(reader.raw(3)) == "end";
  reader.expect_zeros(2);
  return same && reader.done();
}

}  // namespace

TEST_CASE("cursor: integers are little endian and come back") {
  CHECK(to_hex(sample()) ==
        "01"
        "0302"
        "07060504"
        "0f0e0d0c0b0a0908"
        "feffffffffffffff"
        "656e64"
        "0000");
  CHECK(reads_sample(sample()));
}

TEST_CASE("cursor: every truncation and every flipped bit is noticed") {
  test::for_each_truncation(sample(), [](ByteView prefix) { CHECK_FALSE(reads_sample(prefix)); });
  test::for_each_bit_flip(sample(), [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(reads_sample(damaged));
  });
}

TEST_CASE("cursor: bytes left over are not done") {
  Bytes bytes = sample();
  bytes.push_back(std::byte{0});
  CHECK_FALSE(reads_sample(bytes));
}

TEST_CASE("cursor: a failed reader stays failed and gives nothing more") {
  const Bytes bytes = to_bytes("abc");
  ByteReader reader(bytes);
  CHECK(reader.u32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.raw(1).empty());
  CHECK(reader.fixed<FixedBytes<struct WordTag, 2>>().is_zero());
  CHECK(reader.remaining() == 0);
  CHECK_FALSE(reader.done());
}

TEST_CASE("cursor: a length beyond the end, however large, fails before anything is taken") {
  const Bytes bytes = to_bytes("abc");
  ByteReader reader(bytes);
  CHECK(reader.raw(static_cast<std::size_t>(-1)).empty());
  CHECK_FALSE(reader.ok());
}
