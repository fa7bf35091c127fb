#include "vault/base/text.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace muniment;

TEST_CASE("text: well-formed UTF-8 is accepted up to the last code point of each length") {
  for (const char* text :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
}

TEST_CASE("text: overlong forms, surrogates, stray and missing bytes are not UTF-8") {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82",
        "\xf0\x9f\x98", "\xc2\x61", "a\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("text: what can be shown stands as it is") {
  CHECK(escape("Grüße, 世界 🙂 'a' \"b\"") == "Grüße, 世界 🙂 'a' \"b\"");
}

TEST_CASE("text: what could move a cursor or deceive an eye is escaped") {
  using namespace std::string_view_literals;
  CHECK(escape("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(escape("\0\x1b[31m\x7f"sv) == "\\x00\\x1b[31m\\x7f");
  CHECK(escape("\u0085") == "\\u{0085}");
  CHECK(escape("photo\u202Egpj.exe") == "photo\\u{202e}gpj.exe");
  CHECK(escape("\u2066\u2069\u200f\u061c\u2028") ==
        "\\u{2066}\\u{2069}\\u{200f}\\u{061c}\\u{2028}");
}

TEST_CASE("text: different bytes stay different when escaped") {
  CHECK(escape("\\n") == "\\\\n");
  CHECK(escape("\\x80") == "\\\\x80");
  CHECK(escape("\x80") == "\\x80");
  CHECK(escape("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(escape("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("text: sizes are powers of ten with two decimals, rounded once") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.00 kB");
  CHECK(human_bytes(1'005) == "1.01 kB");
  CHECK(human_bytes(1'950'000'000) == "1.95 GB");
  CHECK(human_bytes(999'994) == "999.99 kB");
  CHECK(human_bytes(999'995) == "1.00 MB");
  CHECK(human_bytes(std::numeric_limits<std::uint64_t>::max()) == "18.45 EB");
}
