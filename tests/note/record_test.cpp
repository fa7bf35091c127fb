#include "vault/note/record.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/sample/v1";

struct Sample {
  MemberId member;
  std::string word;
  Bytes blob;
  UnixSeconds created = 0;
  std::vector<std::uint64_t> numbers;
  std::string note;

  friend bool operator==(const Sample&, const Sample&) = default;
};

std::string encode(const Sample& sample) {
  RecordWriter writer(type);
  writer.key("member").hex(sample.member.view()).word(sample.word).base64(sample.blob);
  writer.key("created").time(sample.created);
  for (const std::uint64_t number : sample.numbers) writer.key("number").u64(number);
  if (!sample.note.empty()) writer.key("note").rest(sample.note);
  return writer.finish();
}

std::optional<Sample> decode(std::string_view text) {
  RecordReader reader(text, type);
  Sample sample;
  reader.key("member");
  sample.member = reader.hex<MemberId>();
  sample.word = reader.word();
  sample.blob = reader.base64();
  sample.created = reader.key("created").time();
  while (reader.key_if("number")) sample.numbers.push_back(reader.u64());
  if (reader.key_if("note")) sample.note = reader.rest();
  if (!reader.done()) return std::nullopt;
  return sample;
}

Sample sample() {
  Sample result;
  result.member = *MemberId::from_hex("00112233445566778899aabbccddeeff");
  result.word = "s\u00e9curit\u00e9";
  result.blob = to_bytes("some bytes");
  result.created = 1'700'000'000;
  result.numbers = {0, 7, std::numeric_limits<std::uint64_t>::max()};
  result.note = " free text, spaces kept ";
  return result;
}

constexpr std::string_view sample_text =
    "muniment/sample/v1\n"
    "member 00112233445566778899aabbccddeeff s\u00e9curit\u00e9 c29tZSBieXRlcw==\n"
    "created 1700000000\n"
    "number 0\n"
    "number 7\n"
    "number 18446744073709551615\n"
    "note  free text, spaces kept \n";

// The sample's text with the first `from` in it replaced.
std::string with(std::string_view from, std::string_view to) {
  std::string text(sample_text);
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

}  // namespace

TEST_CASE("record: what was written is read, in golden bytes") {
  CHECK(encode(sample()) == sample_text);
  CHECK(decode(sample_text) == sample());
  CHECK(test::matches_golden("note/record", as_bytes(sample_text)));
}

TEST_CASE("record: lines that are missing or repeated are seen") {
  Sample bare = sample();
  bare.numbers.clear();
  bare.note.clear();
  CHECK(decode(encode(bare)) == bare);
}

TEST_CASE("record: another first line, order, key or number of fields is refused") {
  CHECK_FALSE(decode(""));
  CHECK_FALSE(decode("muniment/sample/v1"));
  CHECK_FALSE(decode("muniment/sample/v1\n"));
  CHECK_FALSE(decode(with("v1", "v2")));
  CHECK_FALSE(decode(with("v1", "v1 ")));
  CHECK_FALSE(decode(with("muniment", "\nmuniment")));
  CHECK_FALSE(decode(with("created 1700000000\n", "")));
  CHECK_FALSE(decode(with("created", "Created")));
  CHECK_FALSE(decode(with("created", "create")));
  CHECK_FALSE(decode(with("created", "createdd")));
  CHECK_FALSE(decode(with("created ", " created ")));
  CHECK_FALSE(decode(with("created ", "created  ")));
  CHECK_FALSE(decode(with("created ", "created")));
  CHECK_FALSE(decode(with("1700000000", "1700000000 ")));
  CHECK_FALSE(decode(with("1700000000", "1700000000 1")));
  CHECK_FALSE(decode(with(" 1700000000", "")));
  CHECK_FALSE(decode(with("1700000000", "")));
  CHECK_FALSE(decode(with(" c29tZSBieXRlcw==", "")));
  CHECK_FALSE(decode(with("c29tZSBieXRlcw==", "")));
  CHECK_FALSE(decode(with("number 7\n", "number\n")));
  CHECK_FALSE(decode(with("number 7\n", "number 7\n\n")));
  CHECK_FALSE(decode(with("number 7\n", "unknown 7\n")));
  CHECK_FALSE(decode(with("kept \n", "kept \nnote again\n")));
  CHECK_FALSE(decode(with("kept \n", "kept \n\n")));
  CHECK_FALSE(decode(with("kept \n", "kept ")));
  CHECK_FALSE(decode(with("note  free text, spaces kept \n", "note \n")));
}

TEST_CASE("record: a value in another spelling is refused") {
  for (const std::string_view hex :
       {"00112233445566778899AABBCCDDEEFF", "0011223344556677", "00112233445566778899aabbccddee",
        "00112233445566778899aabbccddeeff00", "x0112233445566778899aabbccddeeff"}) {
    CHECK_FALSE(decode(with("00112233445566778899aabbccddeeff", hex)));
  }
  for (const std::string_view base64 :
       {"c29tZSBieXRlcw", "c29tZSBieXRlcw=", "c29tZSBieXRlcx==", "c29tZSBieXRlcw===", "c29tZSB_"}) {
    CHECK_FALSE(decode(with("c29tZSBieXRlcw==", base64)));
  }
  for (const std::string_view number :
       {"", "07", "00", "+7", "-7", "0x7", "7.0", "18446744073709551616", "\u0667"}) {
    CHECK_FALSE(decode(with("number 7", "number " + std::string(number))));
  }
  CHECK(decode(with("1700000000", "9223372036854775807")));
  CHECK_FALSE(decode(with("1700000000", "9223372036854775808")));
}

TEST_CASE("record: control characters and what is not UTF-8 are refused") {
  for (int c = 0; c < 0x20; ++c) {
    if (c != '\n') CHECK_FALSE(decode(with("free", std::string("fr") + static_cast<char>(c))));
  }
  for (const std::string_view bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80"}) {
    CHECK_FALSE(decode(with("free", bad)));
  }
  CHECK_FALSE(decode(with("number 7\n", "number 7\r\n")));
}

TEST_CASE("record: cut or with a flipped bit it is refused or prints as it came") {
  const auto check = [](ByteView damaged) {
    const auto parsed = decode(as_text(damaged));
    if (!parsed) return;
    CHECK(*parsed != sample());
    CHECK(encode(*parsed) == as_text(damaged));
  };
  test::for_each_truncation(as_bytes(sample_text), check);
  test::for_each_bit_flip(as_bytes(sample_text),
                          [&](ByteView damaged, std::size_t) { check(damaged); });
}

TEST_CASE("record reader: once it failed it stays failed and gives nothing") {
  RecordReader reader("muniment/sample/v1\na 1\nb 2\n", type);
  CHECK(reader.key("a").u64() == 1);
  CHECK(reader.ok());
  CHECK(reader.key("x").u64() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.key("b").word().empty());
  CHECK_FALSE(reader.key_if("b"));
  CHECK_FALSE(reader.done());
}

TEST_CASE("record reader: fields of the line are read before the next line begins") {
  RecordReader unread("muniment/sample/v1\na 1 2\nb 3\n", type);
  CHECK(unread.key("a").u64() == 1);
  CHECK_FALSE(unread.done());
  CHECK_FALSE(unread.key_if("b"));
  CHECK_FALSE(unread.ok());

  RecordReader last_line("muniment/sample/v1\na 1 2\n", type);
  CHECK(last_line.key("a").u64() == 1);
  CHECK(last_line.ok());
  CHECK_FALSE(last_line.done());

  RecordReader no_fields("muniment/sample/v1\na\n", type);
  CHECK_FALSE(no_fields.key("a").done());

  RecordReader none_left("muniment/sample/v1\na 1\n", type);
  CHECK(none_left.key("a").u64() == 1);
  CHECK(none_left.word().empty());
  CHECK_FALSE(none_left.done());

  RecordReader before_any("muniment/sample/v1\na 1\n", type);
  CHECK(before_any.word().empty());
  CHECK_FALSE(before_any.ok());
}

TEST_CASE("record reader: a key that begins with another is not it") {
  RecordReader reader("muniment/sample/v1\npacks 1\n", type);
  CHECK_FALSE(reader.key_if("pack"));
  CHECK(reader.ok());
  CHECK(reader.key_if("packs"));
  CHECK(reader.u64() == 1);
  CHECK(reader.done());
}

TEST_CASE("record type: the first line, known or not") {
  CHECK(record_type("muniment/future/v9\nwhatever\n") == "muniment/future/v9");
  CHECK(record_type("one line\n") == "one line");
  CHECK(record_type("type\n\xff") == "type");
  for (const std::string_view text : {"", "\n", "no end", "\n\n", "a\tb\n", "\xff\n"}) {
    CHECK_FALSE(record_type(text));
  }
}

}  // namespace muniment
