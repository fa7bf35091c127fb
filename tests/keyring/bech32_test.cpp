#include "vault/keyring/bech32.hpp"

#include <doctest/doctest.h>

#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"

namespace muniment {

namespace {

std::string encode(std::string_view prefix, ByteView data) {
  return std::string(as_text(bech32_encode(prefix, data).view()));
}

std::optional<std::string> decode(std::string_view prefix, std::string_view text) {
  const auto data = bech32_decode(prefix, text);
  return data ? std::optional(to_hex(data->view())) : std::nullopt;
}

}  // namespace

TEST_CASE("bech32: the examples of BIP 173 that hold whole bytes") {
  CHECK(encode("a", {}) == "a12uel5l");
  CHECK(decode("a", "a12uel5l") == "");
  CHECK(decode("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw") ==
        "00443214c74254b635cf84653a56d7c675be77df");
  CHECK(decode(
            "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
            "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt"
            "5tgs") == "");
  CHECK(decode("?", "?1ezyfcl") == "");
}

TEST_CASE("bech32: data of any length comes back, and keeps its text") {
  test::FixedRandom random;
  for (std::size_t size = 0; size < 60; ++size) {
    const Bytes data = random.bytes(size);
    const std::string text = encode("age1pq", data);
    CHECK(decode("age1pq", text) == to_hex(data));
  }
}

TEST_CASE("bech32: capitals, foreign prefixes and foreign letters are refused") {
  const std::string text = encode("key", as_bytes("four"));
  CHECK(decode("key", text));
  std::string capitals = text;
  std::ranges::transform(capitals, capitals.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  CHECK_FALSE(decode("key", capitals));
  CHECK_FALSE(decode("ke", text));
  CHECK_FALSE(decode("keys", text));
  CHECK_FALSE(decode("", text));
  CHECK_FALSE(decode("key", text + "q"));
  CHECK_FALSE(decode("key", " " + text));
  CHECK_FALSE(decode("a", "a1"));
  CHECK_FALSE(decode("a", "a"));
  CHECK_FALSE(decode("b", "b1cihcuex"));  // a letter that is not in the alphabet
}

TEST_CASE("bech32: padding that is too long or not zero is refused though the checksum holds") {
  // "a" with the symbols 0 (five bits of padding), and 0, 1 (one byte and a last bit that is set).
  CHECK_FALSE(decode("a", "a1q3g6mn3"));
  CHECK_FALSE(decode("a", "a1qpamnt9j"));
}

TEST_CASE("bech32: one flipped bit or a cut is refused") {
  const std::string text = encode("key", as_bytes("thirty-two bytes of some secret."));
  test::for_each_bit_flip(as_bytes(text), [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(decode("key", as_text(damaged)));
  });
  test::for_each_truncation(as_bytes(text),
                            [](ByteView cut) { CHECK_FALSE(decode("key", as_text(cut))); });
}

}  // namespace muniment
