#include "vault/base/bytes.hpp"

#include <doctest/doctest.h>

#include <unordered_set>

using namespace muniment;

namespace {

using Word = FixedBytes<struct WordTag, 8>;

}  // namespace

TEST_CASE("bytes: hexadecimal is lower case and comes back") {
  const Bytes bytes = {std::byte{0x00}, std::byte{0x9a}, std::byte{0xff}};
  CHECK(to_hex(bytes) == "009aff");
  Bytes back(3);
  CHECK(from_hex("009aff", back));
  CHECK(back == bytes);
}

TEST_CASE("bytes: every byte has its own two digits") {
  for (unsigned value = 0; value < 256; ++value) {
    const Bytes bytes = {static_cast<std::byte>(value)};
    Bytes back(1);
    REQUIRE(from_hex(to_hex(bytes), back));
    CHECK(back == bytes);
  }
}

TEST_CASE("bytes: hexadecimal of another length, case or alphabet is refused") {
  Bytes out(2);
  for (const char* text :
       {"", "000", "00000", "000000", "00FF", "00fg", "0x00", " 000", "00:0", "00/f", "00`f"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text, out));
  }
  CHECK(from_hex("", MutableByteView()));
}

TEST_CASE("fixed bytes: only exactly as many bytes make one") {
  CHECK_FALSE(Word::from_bytes(as_bytes("1234567")));
  CHECK_FALSE(Word::from_bytes(as_bytes("123456789")));
  const auto word = Word::from_bytes(as_bytes("12345678"));
  REQUIRE(word);
  CHECK(word->hex() == "3132333435363738");
  CHECK(Word::from_hex(word->hex()) == word);
  CHECK_FALSE(Word::from_hex("31"));
}

TEST_CASE("fixed bytes: the prefix is little endian") {
  CHECK(Word::from_hex("0102030405060708")->prefix() == 0x0807060504030201U);
}

TEST_CASE("fixed bytes: values are ordered bytewise, as unsigned") {
  CHECK(*Word::from_hex("00000000000000ff") < *Word::from_hex("0100000000000000"));
  CHECK(*Word::from_hex("7f00000000000000") < *Word::from_hex("8000000000000000"));
  CHECK(Word{}.is_zero());
  CHECK_FALSE(Word::from_hex("0000000000000001")->is_zero());
}

TEST_CASE("fixed bytes: values are kept apart by a hash table") {
  const std::unordered_set<Word> words = {*Word::from_hex("0102030405060708"),
                                          *Word::from_hex("0102030405060709")};
  CHECK(words.size() == 2);
  CHECK(words.contains(*Word::from_hex("0102030405060708")));
}
