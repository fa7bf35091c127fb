#include "vault/crypto/base64.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_canonical(std::string_view text) {
  const auto bytes = from_base64(text);
  return bytes && to_base64(*bytes) == text;
}

}  // namespace

TEST_CASE("base64: the examples of RFC 4648") {
  for (const auto& [bytes, text] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"", ""},
           {"f", "Zg=="},
           {"fo", "Zm8="},
           {"foo", "Zm9v"},
           {"foob", "Zm9vYg=="},
           {"fooba", "Zm9vYmE="},
           {"foobar", "Zm9vYmFy"}}) {
    CHECK(to_base64(as_bytes(bytes)) == text);
    CHECK(from_base64(text) == to_bytes(bytes));
  }
}

TEST_CASE("base64: every length comes back as it was") {
  FixedRandom random;
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes bytes = random.bytes(size);
    const std::string text = to_base64(bytes);
    CHECK(text.size() == (size + 2) / 3 * 4);
    CHECK(from_base64(text) == bytes);
  }
}

TEST_CASE("base64: of all ends of a text, one for each value is accepted") {
  // "A", then each digit, then any two bytes: the last three are what padding and stray bits can be
  // in.
  std::size_t accepted = 0;
  std::size_t wrong = 0;
  std::string text = "A...";
  for (const char second : alphabet) {
    text[1] = second;
    for (int third = 0; third < 256; ++third) {
      text[2] = static_cast<char>(third);
      for (int fourth = 0; fourth < 256; ++fourth) {
        text[3] = static_cast<char>(fourth);
        const auto bytes = from_base64(text);
        if (!bytes) continue;
        ++accepted;
        if (to_base64(*bytes) != text) ++wrong;
      }
    }
  }
  CHECK(accepted == 64 * 64 * 64 + 64 * 16 + 4);  // three bytes, two, one
  CHECK(wrong == 0);
}

TEST_CASE("base64: no text of one, two or three characters is accepted") {
  for (int first = 0; first < 256; ++first) {
    CHECK_FALSE(from_base64(std::string(1, static_cast<char>(first))));
  }
  const std::string characters = std::string(alphabet) + "=\n ";
  for (const char first : characters) {
    for (const char second : characters) {
      std::string text{first, second};
      if (from_base64(text)) FAIL_CHECK(text);
      text.push_back('=');
      if (from_base64(text)) FAIL_CHECK(text);
    }
  }
}

TEST_CASE("base64: white space, padding inside and other alphabets are refused") {
  for (const std::string_view text :
       {"Zm9v\n", "Zm9v\nYmFy", " Zm9v", "Zm9v    ", "Zg==Zg==", "Zg==Zm9v", "====", "Z===",
        "Zm9vYg", "Zm9vYg=", "Zm9vYg===", "Zm9vYg====", "-_-_", "Zm9vYh==", "Zm9vYmF="}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
  CHECK_FALSE(from_base64(std::string_view("Zm\0v", 4)));
  CHECK(is_canonical("Zm9vYg=="));
}

}  // namespace muniment
